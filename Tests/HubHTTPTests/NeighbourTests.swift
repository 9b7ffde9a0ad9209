internal import Encoding
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import Secrets
internal import SecretsTestSupport
import Testing

/// Which addresses are one machine.
@Suite struct NeighbourTests {
    private static let device = "192.0.2.7"

    /// Everything that a machine can do with many addresses, in three hours.
    private static func attack(_ secret: OOBSecret, from addresses: [String], _ rig: IssuingRig) async throws {
        for _ in 0..<3 {
            for address in addresses {
                try await rig.guess(secret, from: address, atMost: 10)
                _ = try await rig.rooms.secrets.countPairingAttempt("d1", by: .stranger(at: address))
            }
            rig.clock.advance(by: 3601)
        }
    }

    /// A neighbour has an IPv4 address, a link-local one, and as many of its /64 as it likes.
    @Test func neighbourWithManyAddresses_IsOne() async throws {
        let rig = try await IssuingRig()
        let secret = try await rig.addGuessedSecret()
        let addresses = ["203.0.113.66", "fe80::66"] + (1...300).map { "2001:db8:1::\(String($0, radix: 16))" }
        var view = NetworkView()
        view.ranges = try ["203.0.113.0/24", "2001:db8:1::/64"].map { try #require(NetworkRange($0)) }
        let links = try [1, 2].map { try #require(LinkAddress(bytes: [2, 0, 0, 0, 0, $0])) }
        for address in addresses { view.links[try #require(SourceAddress(text: address))] = links[0] }
        view.links[try #require(SourceAddress(text: "2001:db8:1::abcd"))] = links[1]
        let watch = NetworkWatch { [view] in view }
        rig.rooms.secrets.neighbours.ask { watch.machine(at: $0) }
        try await Self.attack(secret, from: addresses, rig)
        #expect(try await rig.guessRows() == 1)
        for elsewhere in [Self.device, "203.0.113.7", "fe80::7", "2001:db8:1::abcd"] {
            #expect(try await rig.issuer.claim("d1", from: elsewhere).gates == .open, "\(elsewhere)")
        }
        #expect(try await TestDevice("d1", secret: "123456").enrol(at: rig).status == .approved)
    }

    /// A machine that has just connected stands in the kernel's table before anybody has looked.
    @Test func neighbourNobodyHasLookedFor_IsLookedForAtOnce() throws {
        var view = NetworkView()
        let address = try #require(SourceAddress(text: "2001:db8:1::9"))
        view.links[address] = LinkAddress(bytes: [2, 0, 0, 0, 0, 9])
        let watch = NetworkWatch { [view] in view }
        #expect(watch.machine(at: "2001:db8:1::9") == "link 20000000009")
        #expect(watch.machine(at: "fe80::9%eth0") == "fe80:0:0:0:0:0:0:9")
        #expect(watch.machine(at: "127.0.0.9") == watch.machine(at: "::1"))
        #expect(watch.machine(at: "2001:db8:2::9") == nil)
        #expect(watch.machine(at: "local") == nil)
    }
}
