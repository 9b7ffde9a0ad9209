internal import BaseTestSupport
import Foundation
internal import Journal
internal import JournalTestSupport
internal import PKI
internal import SecretsTestSupport
internal import Store
import Testing
@testable import Secrets

/// Secrets at rest: sealed with the device's ID, in a form that is read back or refused.
@Suite struct SecretSealingTests {
    private static func sealed(_ rig: SecretsRig, _ deviceID: String) async throws -> [UInt8] {
        try await rig.journal.store.read { db in
            try db.value("SELECT sealed FROM secret WHERE device_id = ?", [deviceID], as: [UInt8].self) ?? []
        }
    }

    private static func put(_ rig: SecretsRig, _ sealed: [UInt8], of deviceID: String) async throws {
        try await rig.journal.store.write { db in
            try db.run("UPDATE secret SET sealed = ? WHERE device_id = ?", [sealed, deviceID])
        }
    }

    @Test func secret_IsNowhereInTheFiles() async throws {
        let rig = try await SecretsRig()
        try await rig.addSecret("unmistakable-posted", for: "d1")
        _ = try await rig.importSecrets("deviceID,secret\nd2,unmistakable-imported\n")
        let secret = try #require(try await rig.secret(of: "d1").secret)
        _ = try await rig.secrets.pairingRecord(of: secret)
        try rig.journal.store.close()
        for name in try FileManager.default.contentsOfDirectory(atPath: rig.folder.path) {
            let content = try Data(contentsOf: URL(fileURLWithPath: rig.folder.path + "/" + name))
            #expect(content.range(of: Data("unmistakable".utf8)) == nil, "\(name)")
        }
    }

    @Test func secretOfAnotherDevice_OpensForNobodyElse() async throws {
        let rig = try await SecretsRig()
        for id in ["d1", "d2"] { try await rig.addSecret("secret of \(id)", for: id) }
        try await Self.put(rig, try await Self.sealed(rig, "d1"), of: "d2")
        await #expect(throws: PKIError.self) { try await rig.secret(of: "d2") }
        #expect(try await rig.secret(of: "d1").secret?.value == Array("secret of d1".utf8))
    }

    @Test func sealedSecret_OpensWhole_AndInNoOtherForm() async throws {
        let rig = try await SecretsRig()
        for value in [[0], Array("123456".utf8), [UInt8](repeating: 7, count: 1024)] as [[UInt8]] {
            let sealed = rig.secrets.seal(value, deviceID: "d1")
            #expect(sealed != rig.secrets.seal(value, deviceID: "d1"), "each time another nonce")
            #expect(try rig.secrets.open(sealed, deviceID: "d1") == value)
            #expect(throws: PKIError.self) { try rig.secrets.open(sealed, deviceID: "d1 ") }
            #expect(throws: PKIError.self) { try rig.secrets.open(sealed + [0], deviceID: "d1") }
        }
        let sealed = rig.secrets.seal(Array("123456".utf8), deviceID: "d1")
        for broken in Damage.beginnings(of: sealed) + Damage.bitFlips(of: sealed) {
            #expect(throws: PKIError.self) { try rig.secrets.open(broken, deviceID: "d1") }
        }
    }

    @Test func anotherHubsKey_OpensNothing() async throws {
        let (one, other) = (try await SecretsRig(), try await SecretsRig())
        let sealed = one.secrets.seal(Array("123456".utf8), deviceID: "d1")
        #expect(throws: PKIError.self) { try other.secrets.open(sealed, deviceID: "d1") }
    }

    // MARK: - What is sealed

    private static func material(_ secret: String, digest: [UInt8] = [], isStrong: Bool = false) throws
        -> SecretMaterial
    {
        let record = try PairingRecord.make(secret: Array("123456".utf8), deviceID: "d1", iterations: 1000)
        return SecretMaterial(record: record, secret: Array(secret.utf8), digest: digest, isStrong: isStrong)
    }

    @Test(arguments: [
        ("", 0, false), ("", 32, true), ("123456", 0, false), ("123456", 32, true), ("123456", 255, false),
    ])
    func material_IsReadAsItWasWritten(secret: String, digest: Int, isStrong: Bool) throws {
        let material = try Self.material(secret, digest: Array(repeating: 9, count: digest), isStrong: isStrong)
        let read = try #require(SecretMaterial(material.encoded))
        #expect(read.secret == material.secret && read.digest == material.digest && read.isStrong == isStrong)
        #expect(read.record?.salt == material.record?.salt && read.record?.iterations == 1000)
        #expect(read.record?.w0.copy == material.record?.w0.copy && read.record?.l == material.record?.l)
    }

    @Test(arguments: ["", "123456", "\u{7F}é", "ÿþ"])
    func secretAlone_IsStoredAsItIs(text: String) throws {
        let bytes = Array(text.utf8)
        #expect(SecretMaterial(secret: bytes).encoded == bytes)
        let read = try #require(SecretMaterial(bytes))
        #expect(read.secret == bytes && read.record == nil)
    }

    @Test func materialThatIsCut_IsNone() throws {
        let whole = try Self.material("", digest: Array(repeating: 9, count: 32), isStrong: true).encoded
        for beginning in Damage.beginnings(of: whole).dropFirst() { #expect(SecretMaterial(beginning) == nil) }
    }

    /// Whatever comes of it: no more is read than is there, and what is read is written the same.
    @Test func changedMaterial_IsNoneOrWrittenTheSame() throws {
        let whole = try Self.material("secret", digest: [1, 2, 3]).encoded
        var refused = 0
        for changed in Damage.flips(of: whole) {
            guard let read = SecretMaterial(changed) else {
                refused += 1
                continue
            }
            #expect(read.encoded == changed)
        }
        #expect(refused >= 4 * 65, "every change of the point is noticed")
    }
}
