internal import Encoding
import Testing

@testable import PKI

/// SPAKE2+ against RFC 9383's vectors, Matter's verifiers, and the profile's own.
@Suite struct PairingTests {
    private static let vectors = PairingVectors.all

    private static func hex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }
    private static func secret(_ text: String) throws -> SecretBytes { SecretBytes(try hex(text)) }
    private static func base64(_ text: String) throws -> [UInt8] { try #require(Base64.decode(text)) }

    @Test func exchangeOfTheStandard_IsReproducedValueByValue() throws {
        let vector = try #require(Self.vectors.rfc9383.first { $0.suite == SPAKE2Plus.suite })
        let parties = SPAKE2Plus.Parties(
            context: Array(vector.context.utf8), prover: vector.idProver, verifier: vector.idVerifier)
        let secrets = PairingSecrets(w0: try Self.secret(vector.w0), w1: try Self.secret(vector.w1))
        #expect(try secrets.l() == Self.hex(vector.L))
        let prover = try SPAKE2Plus.Prover(secrets, x: try Self.secret(vector.x))
        #expect(prover.shareP == (try Self.hex(vector.shareP)))
        let verifier = try SPAKE2Plus.Verifier(
            w0: secrets.w0, l: try Self.hex(vector.L), parties: parties, shareP: prover.shareP,
            y: try Self.secret(vector.y))
        #expect(verifier.shareV == (try Self.hex(vector.shareV)))
        let keys = try prover.finish(parties, shareV: verifier.shareV, confirmV: verifier.keys.confirmV.copy)
        for side in [keys, verifier.keys] {
            #expect(side.confirmP.copy == (try Self.hex(vector.confirmP)))
            #expect(side.confirmV.copy == (try Self.hex(vector.confirmV)))
            #expect(side.shared.copy == (try Self.hex(vector.K_shared)))
        }
    }

    @Test func registrations_AreReproduced_SmallNumbersWithTheirZeros() throws {
        for vector in Self.vectors.registration {
            #expect(PairingSecrets.normalize(Array(vector.secret.utf8)) == (try Self.hex(vector.normalized_hex)))
            let secrets = try PairingSecrets(
                secret: Array(vector.secret.utf8), deviceID: vector.deviceID, salt: try Self.hex(vector.salt),
                iterations: vector.iterations)
            #expect(secrets.w0.copy == (try Self.hex(vector.w0)))
            #expect(secrets.w1.copy == (try Self.hex(vector.w1)))
            #expect(try secrets.l() == Self.hex(vector.L))
        }
    }

    @Test func flowOfTheProfile_IsReproduced() throws {
        let flow = Self.vectors.flow
        let context = PairingContext.bytes(
            request: try Self.base64(flow.step1_request_b64), response: try Self.base64(flow.step1_response_b64),
            server: try Self.hex(flow.server_cert_der), authority: try Self.hex(flow.ca_cert_der),
            publicKey: try Self.hex(flow.spki_der))
        #expect(context == (try Self.hex(flow.context)))
        #expect(context.count == 174)
        let parties = SPAKE2Plus.Parties(context: context, prover: flow.deviceID, verifier: flow.hubID)
        let secrets = PairingSecrets(w0: try Self.secret(flow.w0), w1: try Self.secret(flow.w1))
        let prover = try SPAKE2Plus.Prover(secrets, x: try Self.secret(flow.x))
        let verifier = try SPAKE2Plus.Verifier(
            w0: secrets.w0, l: try Self.hex(flow.L), parties: parties, shareP: prover.shareP,
            y: try Self.secret(flow.y))
        #expect(verifier.shareV == (try Self.hex(flow.shareV)))
        let keys = try prover.finish(
            parties, shareV: try Self.hex(flow.shareV), confirmV: try Self.hex(flow.confirmV))
        #expect(keys.confirmP.copy == (try Self.hex(flow.confirmP)))
        #expect(keys.request.copy == (try Self.hex(flow.K_request)))
        #expect(keys.response.copy == (try Self.hex(flow.K_response)))
        let mac = PairingKeys.authenticate(try Self.base64(flow.provreq_body_b64), key: keys.request)
        #expect(Base64URL.encode(mac.copy) == flow.macRequest)
    }

    @Test func sharesThatAreNone_AreRefused() throws {
        let flow = Self.vectors.flow
        let parties = SPAKE2Plus.Parties(context: [], prover: "d", verifier: "h")
        let secrets = PairingSecrets(w0: try Self.secret(flow.w0), w1: try Self.secret(flow.w1))
        let prover = try SPAKE2Plus.Prover(secrets)
        for (name, share) in Self.vectors.shares_to_refuse {
            let bytes = try Self.hex(share)
            #expect(throws: PKIError(.badShare), "\(name)") {
                _ = try SPAKE2Plus.Verifier(
                    w0: secrets.w0, l: try Self.hex(flow.L), parties: parties, shareP: bytes)
            }
            guard name != "w0_times_M_for_this_w0" else { continue }
            #expect(throws: PKIError(.badShare), "\(name)") {
                _ = try prover.finish(parties, shareV: bytes, confirmV: [])
            }
        }
    }

    @Test func wrongSecret_FailsAtTheConfirmation_OnBothSides() throws {
        let salt = [UInt8](repeating: 7, count: 16)
        let right = try PairingSecrets(secret: Array("123456".utf8), deviceID: "d", salt: salt, iterations: 1000)
        let wrong = try PairingSecrets(secret: Array("123457".utf8), deviceID: "d", salt: salt, iterations: 1000)
        let parties = SPAKE2Plus.Parties(context: [1], prover: "d", verifier: "h")
        let prover = try SPAKE2Plus.Prover(wrong)
        let verifier = try SPAKE2Plus.Verifier(
            w0: right.w0, l: try right.l(), parties: parties, shareP: prover.shareP)
        #expect(throws: PKIError(.confirmFailed)) {
            _ = try prover.finish(parties, shareV: verifier.shareV, confirmV: verifier.keys.confirmV.copy)
        }
        let other = SPAKE2Plus.Parties(context: [2], prover: "d", verifier: "h")
        let honest = try SPAKE2Plus.Prover(right)
        let answer = try SPAKE2Plus.Verifier(
            w0: right.w0, l: try right.l(), parties: parties, shareP: honest.shareP)
        #expect(throws: PKIError(.confirmFailed)) {
            _ = try honest.finish(other, shareV: answer.shareV, confirmV: answer.keys.confirmV.copy)
        }
    }

    @Test func recordsOutOfRange_AreRefused() throws {
        let good = try PairingRecord.make(secret: Array("1".utf8), deviceID: "d", iterations: 1000)
        #expect(good.salt.count == 16)
        let zero = SecretBytes([UInt8](repeating: 0, count: 32))
        let order = try Self.secret("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        for (salt, iterations, w0) in [
            ([UInt8](repeating: 1, count: 15), 1000, good.w0), ([UInt8](repeating: 1, count: 33), 1000, good.w0),
            (good.salt, 999, good.w0), (good.salt, 100_001, good.w0), (good.salt, 1000, zero),
            (good.salt, 1000, order), (good.salt, 1000, SecretBytes([1])),
        ] {
            #expect(throws: PKIError(.badPairingParameters)) {
                _ = try PairingRecord(salt: salt, iterations: iterations, w0: w0, l: good.l)
            }
        }
        #expect(throws: PKIError(.badShare)) {
            _ = try PairingRecord(salt: good.salt, iterations: 1000, w0: good.w0, l: [4])
        }
    }
}
