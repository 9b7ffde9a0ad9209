import Journal
import Testing

/// Which addresses count as one source.
@Suite struct NetworkAddressTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1", "20010db800000000::/64"),
        ("2001:db8:0:0:ffff::2", "20010db800000000::/64"), ("fe80::1%eth0", "fe80000000000000::/64"),
        ("local", "local"), ("", ""),
    ])
    func source_IsAnAddressOrAPrefix(address: String, source: String) {
        #expect(NetworkAddress.source(of: address) == source)
    }
}
