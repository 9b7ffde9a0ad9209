internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// What the hub keeps of a secret, and the arithmetic below it.
@Suite struct PairingRecordTests {
    private static func hex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }

    @Test func record_IsThatOfItsSecretAndDevice() throws {
        let record = try PairingRecord.make(secret: Array("123 456".utf8), deviceID: "d1", iterations: 1000)
        func secrets(_ secret: String, _ deviceID: String) throws -> PairingSecrets {
            try PairingSecrets(
                secret: Array(secret.utf8), deviceID: deviceID, salt: record.salt, iterations: record.iterations)
        }
        let own = try secrets("123456", "d1")
        #expect(own.w0.isEqual(to: record.w0.copy) && !own.w0.isEqual(to: own.w1.copy))
        #expect(try own.l() == record.l && record.l.count == 65 && record.l[0] == 4)
        for (secret, deviceID) in [("123457", "d1"), ("123456", "d2"), ("123456", ""), ("", "d1")] {
            #expect(try !secrets(secret, deviceID).w0.isEqual(to: record.w0.copy), "\(secret) \(deviceID)")
        }
        let again = try PairingRecord.make(secret: Array("123456".utf8), deviceID: "d1", iterations: 1000)
        #expect(again.salt != record.salt && again.l != record.l)
    }

    /// Lengths stand in front of the parts: what moves from secret to ID is another input.
    @Test func secretAndID_AreKeptApart() throws {
        let salt = [UInt8](repeating: 7, count: 16)
        let one = try PairingSecrets(secret: Array("ab".utf8), deviceID: "c", salt: salt, iterations: 1000)
        let other = try PairingSecrets(secret: Array("a".utf8), deviceID: "bc", salt: salt, iterations: 1000)
        #expect(!one.w0.isEqual(to: other.w0.copy))
    }

    @Test(arguments: [
        ("123456", "123456"), (" 123 456\n", "123456"), ("123-456", "123456"), ("12 34-56 78", "12345678"),
        ("\t123456\r\n", "123456"), ("abc-def", "abc-def"), (" abc def ", "abc def"), ("12a-4", "12a-4"), ("-", "-"),
        ("- -", "- -"), ("", ""), (" ", ""), ("1", "1"), ("é 1", "é 1"), ("12.34", "12.34"),
    ])
    func secret_IsNormalized(secret: String, normalized: String) {
        #expect(PairingSecrets.normalize(Array(secret.utf8)) == Array(normalized.utf8))
        let once = PairingSecrets.normalize(Array(secret.utf8))
        #expect(PairingSecrets.normalize(once) == once)
    }

    @Test(arguments: [(15, 1000), (33, 1000), (16, 999), (16, 100_001), (16, 0), (16, -1), (0, 1000)])
    func parametersOutOfRange_AreRefused(salt: Int, iterations: Int) {
        #expect(throws: PKIError(.badPairingParameters)) {
            try PairingSecrets(
                secret: [1], deviceID: "d", salt: [UInt8](repeating: 1, count: salt), iterations: iterations)
        }
        guard salt == 16 else { return }
        #expect(throws: PKIError(.badPairingParameters)) {
            try PairingRecord.make(secret: [1], deviceID: "d", iterations: iterations)
        }
    }

    @Test func masks_AreThoseOfTheStandard() throws {
        let constants = PairingVectors.all.constants
        #expect(Hex.encode(SPAKE2Plus.m) == constants["M"] && Hex.encode(SPAKE2Plus.n) == constants["N"])
        let arithmetic = try P256Arithmetic()
        let order = SecretBytes(try Self.hex(try #require(constants["order"])))
        #expect(throws: PKIError(.badPairingParameters)) { _ = try arithmetic.number(order) }
        let largest = SecretBytes(try Self.hex(try #require(constants["order"]).dropLast(2) + "50"))
        _ = try arithmetic.number(largest)
    }

    /// Matter's verifiers: PBKDF2 over a passcode gives the same kind of numbers, worked out here by its definition.
    @Test func verifiersOfMatter_AreReproduced() throws {
        for vector in PairingVectors.all.matter_registration {
            let (password, salt) = (try Self.hex(vector.password_hex), try Self.hex(vector.salt))
            var derived: [UInt8] = []
            for block in UInt8(1)...3 {
                var last = HMACSHA256.authenticate(salt + [0, 0, 0, block], key: password)
                var sum = last
                for _ in 1..<vector.iterations {
                    last = HMACSHA256.authenticate(last, key: password)
                    for index in sum.indices { sum[index] ^= last[index] }
                }
                derived += sum
            }
            let arithmetic = try P256Arithmetic()
            let w0 = try arithmetic.reduced(SecretBytes(derived[0..<40]))
            let w1 = try arithmetic.reduced(SecretBytes(derived[40..<80]))
            #expect(Hex.encode(w0.copy) == vector.w0)
            #expect(Hex.encode(try PairingSecrets(w0: w0, w1: w1).l()) == vector.L)
        }
    }

    @Test func remainders_AreOf32Bytes_AndNeverZero() throws {
        let arithmetic = try P256Arithmetic()
        let order = try Self.hex(try #require(PairingVectors.all.constants["order"]))
        let zero = [UInt8](repeating: 0, count: 8)
        #expect(
            try arithmetic.reduced(SecretBytes([UInt8](repeating: 0, count: 39) + [1])).copy == [UInt8](
                repeating: 0, count: 31) + [1])
        #expect(
            try arithmetic.reduced(SecretBytes(zero + order.dropLast() + [0x52])).copy == [UInt8](
                repeating: 0, count: 31) + [1])
        for none in [zero + order, [UInt8](repeating: 0, count: 40)] {
            #expect(throws: PKIError(.badPairingParameters)) { _ = try arithmetic.reduced(SecretBytes(none)) }
        }
        let scalars = try (0..<50).map { _ in try arithmetic.randomScalar().copy }
        #expect(Set(scalars).count == 50 && scalars.allSatisfy { $0.count == 32 })
    }

    @Test func shares_DifferEachTime_AndEveryBitOfAProofCounts() throws {
        let record = try PairingRecord.make(secret: [0x31], deviceID: "d", iterations: 1000)
        let secrets = try PairingSecrets(secret: [0x31], deviceID: "d", salt: record.salt, iterations: 1000)
        let parties = SPAKE2Plus.Parties(context: [1], prover: "d", verifier: "h")
        let (prover, other) = (try SPAKE2Plus.Prover(secrets), try SPAKE2Plus.Prover(secrets))
        #expect(prover.shareP != other.shareP)
        let verifier = try SPAKE2Plus.Verifier(w0: record.w0, l: record.l, parties: parties, shareP: prover.shareP)
        let proof = verifier.keys.confirmV.copy
        let keys = try prover.finish(parties, shareV: verifier.shareV, confirmV: proof)
        #expect(
            keys.shared.isEqual(to: verifier.keys.shared.copy) && keys.confirmP.isEqual(to: verifier.keys.confirmP.copy)
        )
        for wrong in Damage.bitFlips(of: proof).prefix(40) + [[], Array(proof.dropLast()), proof + [0]] {
            #expect(throws: PKIError(.confirmFailed)) {
                _ = try prover.finish(parties, shareV: verifier.shareV, confirmV: wrong)
            }
        }
        #expect(throws: PKIError(.confirmFailed), "the share of another run") {
            _ = try other.finish(parties, shareV: verifier.shareV, confirmV: proof)
        }
        for party in [
            SPAKE2Plus.Parties(context: [1], prover: "e", verifier: "h"),
            SPAKE2Plus.Parties(context: [1], prover: "d", verifier: "i"),
            SPAKE2Plus.Parties(context: [1], prover: "dh", verifier: ""),
        ] {
            #expect(throws: PKIError(.confirmFailed)) {
                _ = try prover.finish(party, shareV: verifier.shareV, confirmV: proof)
            }
        }
    }

    @Test func keysForRequestAndAnswer_AreTwo() throws {
        let shared = SecretBytes([UInt8](repeating: 1, count: 32))
        let (request, response) = (PairingKeys.request(shared), PairingKeys.response(shared))
        #expect(request.count == 32 && response.count == 32 && !request.isEqual(to: response.copy))
        #expect(request.isEqual(to: SecretHash.expand(shared, info: "idprov pake request", count: 32).copy))
    }
}
