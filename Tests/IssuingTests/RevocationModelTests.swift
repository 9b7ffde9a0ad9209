internal import BaseTestSupport
internal import Encoding
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import RecordTestSupport
internal import Rooms
internal import Store
import Testing

/// Revocations, holds and restarts in any order, of certificates and of serials nobody knows, against a model; and what
/// the list says of it in the end, read by the openssl program.
@Suite struct RevocationModelTests {
    private static let reasons: [RevocationReason] = [
        .unspecified, .keyCompromise, .superseded, .cessationOfOperation, .privilegeWithdrawn, .certificateHold,
        .certificateHold, .certificateHold,
    ]

    private struct Model {
        var reasons: [String: RevocationReason] = [:]
        /// Serials of certificates that the store has.
        let known: Set<String>

        mutating func revoke(_ serial: String, _ reason: RevocationReason) {
            if let earlier = reasons[serial], earlier != .certificateHold { return }
            reasons[serial] = reason
        }

        /// Why it can't be lifted, or nothing.
        mutating func unhold(_ serial: String) -> IssuingError? {
            guard known.contains(serial) || reasons[serial] != nil else { return .unknownCertificate(serial) }
            guard reasons[serial] == .certificateHold || !known.contains(serial) else { return .notOnHold(serial) }
            reasons[serial] = nil
            return nil
        }
    }

    private static func step(
        _ issuer: Issuer, _ model: inout Model, _ serial: String, _ random: inout SeededGenerator
    ) async throws {
        if Bool.random(using: &random) {
            let reason = random.pick(reasons)
            model.revoke(serial, reason)
            // Serials are taken in any case.
            let record = try await issuer.revoke(serial: serial.uppercased(), reason: reason, by: .hub)
            #expect(record.serial == serial && record.reason == model.reasons[serial])
        } else if let error = model.unhold(serial) {
            await #expect(throws: error) { try await issuer.unhold(serial: serial, by: .hub) }
        } else {
            try await issuer.unhold(serial: serial, by: .hub)
        }
    }

    private static func check(_ issuer: Issuer, _ certificates: [Certificate], _ model: Model) async throws {
        for certificate in certificates {
            let reason = model.reasons[certificate.serial.description]
            try #require(issuer.isRevoked(certificate) == (reason != nil))
            try #require(issuer.standing(of: [certificate]) == (reason == nil ? .valid : .refused))
            let record = try await issuer.certificate(serial: certificate.serial.description)
            try #require(record.reason == reason && (record.revokedAt != nil) == (reason != nil))
        }
    }

    /// Serials and reasons of a list, in the words of the program.
    private static func listed(_ der: [UInt8]) throws -> [String: String] {
        let output = try ExternalProgram.run(
            "/usr/bin/openssl", ["crl", "-inform", "DER", "-noout", "-text"], input: der)
        var (listed, serial): ([String: String], String) = ([:], "")
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n").map({ $0.drop { $0 == " " } }) {
            if line.hasPrefix("Serial Number: ") {
                serial = line.dropFirst(15).lowercased()
                listed[serial] = "Unspecified"
            } else if listed[serial] == "", !line.isEmpty {
                listed[serial] = String(line)
            } else if line.hasPrefix("X509v3 CRL Reason Code") {
                listed[serial] = ""
            }
        }
        return listed
    }

    private static let words: [RevocationReason: String] = [
        .unspecified: "Unspecified", .keyCompromise: "Key Compromise", .superseded: "Superseded",
        .cessationOfOperation: "Cessation Of Operation", .privilegeWithdrawn: "Privilege Withdrawn",
        .certificateHold: "Certificate Hold",
    ]

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func whateverIsRevokedAndLifted_HandshakesStoreAndListAgree(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        var rig = try await IssuingRig(clock: ManualClock(at: 1_900_000_000))
        var certificates: [Certificate] = []
        for number in 0..<5 { certificates.append(try await rig.certificate("c\(number)", ou: "client")) }
        let own = certificates.map(\.serial.description)
        let strange = (0..<3).map { _ in Hex.encode([0x31] + random.bytes(15)) }
        var model = Model(known: Set(own))
        for step in 0..<60 {
            try await Self.step(rig.issuer, &model, random.pick(own + strange), &random)
            rig.clock.advance(by: 1)
            if step % 20 == 19 {
                try rig.rooms.journal.store.close()
                rig = try await IssuingRig(folder: rig.folder, clock: rig.clock)
            }
            try await Self.check(rig.issuer, certificates, model)
        }
        let list = try #require(try await rig.lists.list(1))
        #expect(try Self.listed(list.der) == model.reasons.mapValues { Self.words[$0] ?? "" })
        #expect(try await rig.issuer.certificateCount() == own.count + strange.count { model.reasons[$0] != nil })
    }
}
