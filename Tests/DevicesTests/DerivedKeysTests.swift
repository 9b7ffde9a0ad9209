import Journal
import JournalTestSupport
import PKI
import SecretsTestSupport
import Testing
import Wire
@testable import Devices

/// Derived keys that are kept for a while.
@Suite struct DerivedKeysTests {
    private let clock = ManualClock(at: 1_900_000_000)

    private func id(_ second: Int64) throws -> DerivationID {
        DerivationID(try LinkSigner.vector.headers(of: "sim-1", at: second))
    }

    private func make(_ capacity: Int = 8) -> DerivedKeys {
        DerivedKeys(capacity: capacity) { [clock] in clock.steady }
    }

    private static func bytes(_ byte: UInt8) -> SecretBytes { SecretBytes([byte]) }

    @Test func key_IsThereForItsTime_AndGone() throws {
        let keys = make()
        let (one, other) = (try id(1), try id(2))
        keys.keep(Self.bytes(1), for: one, since: keys.generation)
        clock.advance(by: 99)
        #expect(keys.key(one)?.copy == [1] && keys.key(other) == nil)
        keys.hear(.time(clock.now))
        #expect(keys.count == 1)
        clock.advance(by: 1)
        #expect(keys.key(one) == nil)
        keys.hear(.time(clock.now))
        #expect(keys.count == 0)
    }

    @Test func revokedLinkKey_TakesItsKeysAlong() throws {
        let keys = make()
        let before = keys.generation
        keys.keep(Self.bytes(1), for: try id(1), since: before)
        keys.hear(.linkKey("nhp_other"))
        #expect(keys.count == 1)
        keys.hear(.linkKey(LinkSigner.vector.key))
        #expect(keys.count == 0)
        keys.keep(Self.bytes(1), for: try id(1), since: before)
        #expect(keys.count == 0, "looked up before it was revoked")
        keys.keep(Self.bytes(1), for: try id(1), since: keys.generation)
        #expect(keys.count == 1)
    }

    @Test func oldestKey_GoesPastTheCapacity() throws {
        let keys = make(2)
        for second in 1...3 as ClosedRange<Int64> {
            keys.keep(Self.bytes(UInt8(second)), for: try id(second), since: keys.generation)
            clock.advance(by: 1)
        }
        let (first, last) = (try id(1), try id(3))
        #expect(keys.count == 2 && keys.key(first) == nil && keys.key(last)?.copy == [3])
    }

    @Test func devicesOfOneSecond_ShareAKey() async throws {
        let rig = try await DevicesRig()
        let (signer, other) = (try await rig.linkKey(), try await rig.linkKey())
        let kept = rig.rooms.linkKeys.derivedKeys
        let wrong = LinkSigner(key: other.key, secret: "wrong")
        #expect(try await rig.connect("sim-0", wrong) == .refused)
        #expect(try await rig.connect("sim-0", try await rig.linkKey(.device("sim-0"))) != .refused)
        #expect(kept.count == 0, "neither a wrong one nor that of a device's own key")
        for number in 1...5 { #expect(try await rig.connect("sim-\(number)", signer) != .refused) }
        #expect(kept.count == 1)
        let stranger = LinkSigner(key: signer.key, secret: "wrong")
        #expect(try await rig.connect("sim-1", stranger) == .refused, "a wrong one under a key that is kept")
        #expect(try await rig.connect("sim-6", other) != .refused)
        #expect(kept.count == 2)
        try await rig.rooms.linkKeys.revoke(signer.key, by: .hub)
        #expect(kept.count == 1)
        #expect(try await rig.connect("sim-7", signer) == .refused)
    }
}
