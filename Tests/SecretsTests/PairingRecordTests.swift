internal import Encoding
internal import Journal
internal import JournalTestSupport
internal import PKI
internal import SecretsTestSupport
import Testing
internal import Wire
@testable import Secrets

/// Records that pairing is checked with: made of secrets, or delivered instead of them.
@Suite struct PairingRecordTests {
    private static let strong = "LABELTEXTLABELTEXTLABELTEXT"

    private static func register(_ rig: SecretsRig, _ value: String, _ pairing: Pairing?) async throws -> OOBSecret {
        var secret = NewSecret(deviceID: "d1", value: Array(value.utf8), validUntil: rig.clock.now + 86_400)
        secret.pairing = pairing
        try await rig.register(secret)
        return try #require(try await rig.secret(of: "d1").secret)
    }

    private static func shown(_ rig: SecretsRig) async throws -> String? {
        try await rig.secrets.secrets(after: "", limit: 1, revealing: true).first?.secret
    }

    private static func file(_ record: PairingRecord, w0: [UInt8]? = nil, point: [UInt8]? = nil) -> String {
        "deviceID,salt,iterations,w0,L\nd1,\(Hex.encode(record.salt)),\(record.iterations),"
            + "\(Hex.encode(w0 ?? record.w0.copy)),\(Hex.encode(point ?? record.l))\n"
    }

    private static func make(_ secret: String = "123456") throws -> PairingRecord {
        try PairingRecord.make(secret: Array(secret.utf8), deviceID: "d1", iterations: 1000)
    }

    /// A secret that is for pairing alone is not kept beside its record; any other one is.
    @Test(arguments: [
        ("123456", Pairing.any, false, true), ("123456", .any, true, false), ("123456", .spake2plus, false, false),
        ("123456", .hmac, true, true), (strong, .any, true, true), (strong, .spake2plus, true, false),
    ])
    func record_IsMadeOnce_AndTakesTheSecretsPlaceWhereItIsForPairingOnly(
        value: String, pairing: Pairing, weakNeedPairing: Bool, isKept: Bool
    ) async throws {
        let rig = try await SecretsRig { $0.weakSecretsNeedPairing = weakNeedPairing }
        let secret = try await Self.register(rig, value, pairing)
        #expect(secret.record == nil)
        let made = try #require(try await rig.secrets.pairingRecord(of: secret))
        let kept = try #require(try await rig.secret(of: "d1").secret)
        #expect(kept.record?.salt == made.salt && kept.record?.l == made.l)
        #expect(try await rig.secrets.pairingRecord(of: kept)?.salt == made.salt)
        #expect(try await Self.shown(rig) == (isKept ? value : ""))
        #expect(kept.isGuessable == (value == "123456"), "also when the secret itself is gone")
        #expect(rig.secrets.pairing(of: kept) == (isKept ? pairing : .spake2plus))
    }

    @Test func secretReplacedMeanwhile_GetsNoRecord() async throws {
        let rig = try await SecretsRig()
        let old = try await Self.register(rig, "123456", .any)
        _ = try await Self.register(rig, "654321", .any)
        #expect(try await rig.secrets.pairingRecord(of: old) == nil)
        #expect(try await rig.secret(of: "d1").secret?.record == nil)
        #expect(try await Self.shown(rig) == "654321")
    }

    @Test func usedSecret_IsNotSpentBySomebodyWhoReadItBeforeItsRecordWasMade() async throws {
        let rig = try await SecretsRig()
        let old = try await Self.register(rig, "123456", .any)
        _ = try await rig.secrets.pairingRecord(of: old)
        #expect(try await !rig.use(old), "another form than the one that was read")
        #expect(try await rig.use(try #require(try await rig.secret(of: "d1").secret)))
    }

    /// What was dropped is recognised by its digest.
    @Test func importOfADroppedSecret_ChangesNothing_OfAnotherOneDoes() async throws {
        let rig = try await SecretsRig()
        let secret = try await Self.register(rig, "123456", .spake2plus)
        _ = try await rig.secrets.pairingRecord(of: secret)
        #expect(try await rig.importSecrets("deviceID,secret\nd1,123456\n").unchanged == 1)
        #expect(try await rig.secret(of: "d1").secret?.record != nil)
        #expect(try await rig.importSecrets("deviceID,secret\nd1,123457\n").replaced == 1)
        #expect(try await Self.shown(rig) == "123457")
    }

    @Test func deliveredRecord_IsForPairingOnly_AndItsFileChangesNothingTheSecondTime() async throws {
        let rig = try await SecretsRig()
        let record = try Self.make()
        #expect(try await rig.importSecrets(Self.file(record)).added == 1)
        let kept = try #require(try await rig.secret(of: "d1").secret)
        #expect(kept.record?.w0.copy == record.w0.copy && kept.record?.l == record.l && kept.value.isEmpty)
        #expect(rig.secrets.pairing(of: kept) == .spake2plus)
        #expect(kept.isGuessable, "nobody knows what it was made of")
        #expect(try await rig.importSecrets(Self.file(record)).unchanged == 1)
        #expect(try await rig.importSecrets(Self.file(try Self.make())).replaced == 1, "another salt")
        #expect(try await rig.importSecrets("deviceID,secret\nd1,123456\n").replaced == 1)
    }

    @Test(arguments: ["zero", "order", "off the curve", "compressed"])
    func recordWhoseNumbersAreNone_IsRefused_WithTheRowInTheReport(fault: String) async throws {
        let rig = try await SecretsRig()
        let record = try Self.make()
        var point = record.l
        if fault == "off the curve" { point[64] ^= 1 }
        if fault == "compressed" { point[0] = 2 }
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
        let w0: [UInt8]? =
            switch fault {
            case "zero": Array(repeating: 0, count: 32)
            case "order": Hex.decode(Array(order.utf8)[...])
            default: nil
            }
        let result = try await rig.importSecrets(Self.file(record, w0: w0, point: point))
        #expect(!result.isStored && result.refusals.map(\.column) == ["w0"])
        #expect(result.refusals.first?.reason == "w0 or L is not a valid number or point of P-256")
        #expect(try await rig.secrets.secretCount() == 0)
    }

    @Test func hubsName_IsMadeOnce_AndSurvivesARestart() async throws {
        let folder = try TemporaryFolder()
        let rig = try await SecretsRig(folder: folder)
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await rig.secrets.hubID() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        let name = try #require(names.first)
        #expect(names.count == 1 && name.hasPrefix("hub-") && name.utf8.count == 20)
        #expect(try await SecretsRig(folder: folder).secrets.hubID() == name)
        #expect(try await SecretsRig().secrets.hubID() != name)
    }
}
