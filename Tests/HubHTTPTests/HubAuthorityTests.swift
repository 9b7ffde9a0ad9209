import HubHTTP
import Testing

/// Under which name the hub hands out URLs.
@Suite struct HubAuthorityTests {
    private static func authority(
        names: [String] = ["hub.example", "gateway.local"], updates: String = ""
    ) -> HubAuthority {
        HubAuthority(
            names: { names }, addresses: { ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"] }, updatesURL: { updates })
    }

    /// What a request names, and where the answer leads. The hub listens on 43776.
    @Test(arguments: [
        ("hub.example:443", "https://hub.example:443"), ("hub.example", "https://hub.example"),
        ("hub.example:43776", "https://hub.example:43776"), ("HUB.Example:8443", "https://hub.example:8443"),
        ("hub.example.:8443", "https://hub.example:8443"), ("gateway.local:1", "https://gateway.local:1"),
        ("192.0.2.1:443", "https://192.0.2.1:443"), ("192.0.2.1", "https://192.0.2.1"),
        ("[2001:db8::1]:443", "https://[2001:db8::1]:443"), ("[2001:DB8:0:0::1]", "https://[2001:db8:0:0::1]"),
        ("[::ffff:192.0.2.1]:8443", "https://[::ffff:192.0.2.1]:8443"),
    ])
    func hubsOwnAuthority_IsKeptWhateverThePort(_ named: String, _ origin: String) {
        #expect(Self.authority().origin(named, from: "192.0.2.77", port: 43776) == origin)
    }

    @Test(arguments: [
        "evil.example", "evil.example:43776", "hub.example.evil.example", "192.0.2.2:43776", "[2001:db8::2]:443",
        "2001:db8::1", "[192.0.2.1]:1", "[fe80::1%eth0]:1", "hub.example:0", "hub.example:65536", "hub.example:+1",
        "user@hub.example", "hub.example:1:2", "hub.example/x", "", ":443", "[", "[]:1",
    ])
    func strangersHost_IsNeverRepeated(_ named: String) {
        #expect(Self.authority().origin(named, from: "192.0.2.77", port: 43776) == "https://hub.example:43776")
        #expect(Self.authority().host(named, from: "192.0.2.77") == "hub.example")
    }

    @Test func withoutAuthority_TheOperatorsFirstNameComesBeforeTheLocalOne() {
        #expect(Self.authority().origin(nil, from: "local", port: 43776) == "https://hub.example:43776")
        let plain = Self.authority(names: ["gateway.local"])
        #expect(plain.origin(nil, from: "local", port: 43776) == "https://gateway.local:43776")
        #expect(plain.origin(nil, from: "local", port: nil) == "https://gateway.local")
    }

    /// An ssh tunnel ends on the hub, so the hub sees itself; a proxy on a device names the device's loopback.
    @Test func loopbackAddress_IsTheHubOnlyForTheHub() {
        let authority = Self.authority()
        for peer in ["127.0.0.1", "::1", "192.0.2.1"] {
            #expect(authority.origin("127.0.0.1:8443", from: peer, port: 1) == "https://127.0.0.1:8443")
            #expect(authority.origin("[::1]:8443", from: peer, port: 1) == "https://[::1]:8443")
            #expect(authority.origin("localhost:8443", from: peer, port: 1) == "https://localhost:8443")
        }
        for peer in ["192.0.2.77", "local"] {
            #expect(authority.origin("127.0.0.1:8443", from: peer, port: 1) == "https://hub.example:1")
            #expect(authority.origin("localhost:8443", from: peer, port: 1) == "https://hub.example:1")
        }
    }

    @Test func updatesURL_WinsForUpdatesAlone() {
        let authority = Self.authority(updates: "https://cdn.example:8443/hub")
        #expect(authority.updatesOrigin("hub.example", from: "", port: 1) == "https://cdn.example:8443/hub")
        #expect(authority.origin("hub.example", from: "", port: 1) == "https://hub.example")
        #expect(Self.authority().updatesOrigin("hub.example", from: "", port: 1) == "https://hub.example")
    }
}
