import JournalTestSupport
import SecretsTestSupport
import Testing
import Wire
@testable import Devices

/// What is written down of how a device last came in.
@Suite struct LinkTieTests {
    private static func tie(_ rig: DevicesRig) async throws -> LinkIdentity? {
        try await rig.rooms.linkKeys.identities(ofDevices: ["sim-1"])["sim-1"]
    }

    @Test func otherKey_IsNotedAtOnce_AndTheTimeSeldom() async throws {
        let rig = try await DevicesRig()
        let first = rig.clock.now
        let keys = [try await rig.linkKey(), try await rig.linkKey()]
        #expect(try await rig.connect("sim-1", keys[0]) != .refused)
        // Seconds since the first time, the key, and what is written down after it.
        for (seconds, key, connected) in [(10, 1, 10), (20, 1, 10), (909, 1, 10), (910, 1, 910), (920, 0, 920)] {
            rig.clock.advance(by: first + Int64(seconds) - rig.clock.now)
            #expect(try await rig.connect("sim-1", keys[key]) != .refused)
            let tie = try #require(try await Self.tie(rig))
            #expect(tie.key == keys[key].key && tie.connectedAt == first + Int64(connected), "after \(seconds) s")
            #expect(tie.createdAt == first)
        }
    }

    @Test func keyOfItsOwn_IsNotedAsWell() async throws {
        let rig = try await DevicesRig()
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused)
        let own = try await rig.linkKey(.device("sim-1"))
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-1", own) != .refused)
        let tie = try #require(try await Self.tie(rig))
        #expect(tie.key == own.key && tie.connectedAt == rig.clock.now && tie.product == "widget")
    }

    /// Two that share an ID must not cost a write each time.
    @Test func keysThatAlternate_AreNotedSeldom() async throws {
        let rig = try await DevicesRig()
        let first = rig.clock.now
        let keys = [try await rig.linkKey(), try await rig.linkKey()]
        for number in 0..<12 {
            #expect(
                try await rig.connect("sim-1", keys[number % 2])
                    == .admitted(deviceID: "sim-1", key: keys[number % 2].key))
            rig.clock.advance(by: 1)
        }
        // The first use of the second key is noted in any case, and four changes after it.
        #expect(try await Self.tie(rig)?.connectedAt == first + 5)
    }
}
