import Devices
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import RouteTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
import Wire

@testable import IDProvServer

/// The device's side of a pairing, step by step, so that a test can do each one wrong.
struct PairingDevice {
    let id: String
    let secret: String
    let key: PrivateKey
    var address: String

    init(_ id: String, secret: String) throws {
        self.init(id, secret: secret, key: try PrivateKey.makeP256())
    }

    init(_ id: String, secret: String, key: PrivateKey, address: String = "192.0.2.7") {
        self.id = id
        self.secret = secret
        self.key = key
        self.address = address
    }

    struct Begun {
        let parameters: PairingOffer.Parameters
        let prover: SPAKE2Plus.Prover
        let parties: SPAKE2Plus.Parties
    }

    func parameters() -> [UInt8] {
        PairingRequest.parameters(
            deviceID: id, suites: [SPAKE2Plus.suite], clientNonce: Base64URL.encode([UInt8](repeating: 1, count: 32)),
            publicKeyPEM: key.publicKey.pem()
        ).encoded()
    }

    func post(_ body: [UInt8], _ rig: IDProvRig) async throws -> RouteClient.Answer {
        try await rig.network.send(.post, PairingRequest.path, body: body, as: Peer(address: address))
    }

    func begin(_ rig: IDProvRig) async throws -> Begun {
        let request = parameters()
        let answer = try await post(request, rig)
        guard answer.status == .ok else { throw PairingFailure(status: answer.status, text: answer.text) }
        guard case .parameters(let parameters) = try PairingOffer(parsing: answer.body) else {
            throw PairingWaits()
        }
        let secrets = try PairingSecrets(
            secret: Array(secret.utf8), deviceID: id, salt: try #require(Base64URL.decode(parameters.salt)),
            iterations: parameters.iterations)
        let context = PairingContext.bytes(
            request: request, response: answer.body, server: RouteClient.serverCertificate,
            authority: rig.issuer.authority.certificate.der, publicKey: key.publicKey.spki)
        return Begun(
            parameters: parameters, prover: try SPAKE2Plus.Prover(secrets),
            parties: .init(context: context, prover: id, verifier: parameters.hubID))
    }

    func share(_ begun: Begun, _ rig: IDProvRig) async throws -> RouteClient.Answer {
        try await post(
            PairingRequest.share(
                session: begun.parameters.session, shareP: Base64URL.encode(begun.prover.shareP)
            ).encoded(), rig)
    }

    func finish(_ begun: Begun, _ proof: PairingProof) throws -> PairingKeys {
        try begun.prover.finish(
            begun.parties, shareV: try #require(Base64URL.decode(proof.shareV)),
            confirmV: try #require(Base64URL.decode(proof.confirmV)))
    }

    func request(_ session: String, _ keys: PairingKeys, id: String? = nil, key other: PrivateKey? = nil) throws
        -> (body: [UInt8], headers: HTTPFields)
    {
        let body = ProvisionRequest(
            deviceID: id ?? self.id, ip: "192.0.2.7", mac: "", publicKeyPEM: (other ?? key).publicKey.pem()
        ).canonical(blankSignature: true)
        var headers: HTTPFields = [:]
        headers[try #require(HTTPField.Name(PairingHeader.session))] = session
        headers[try #require(HTTPField.Name(PairingHeader.confirm))] = Base64URL.encode(keys.confirmP.copy)
        headers[try #require(HTTPField.Name(PairingHeader.mac))] = Base64URL.encode(
            PairingKeys.authenticate(body, key: keys.request).copy)
        return (body, headers)
    }
}

struct PairingWaits: Error {}

struct PairingFailure: Error {
    let status: HTTPResponse.Status
    let text: String
}

@Suite struct PairingTests {
    private static func rig(_ secret: String = "123456", _ id: String = "d1", base: Int64 = 1) async throws -> IDProvRig
    {
        let rig = try await IDProvRig { $0.limits.secrets.pairingBackOffSeconds = base }
        try await rig.addSecret(secret, for: id)
        return rig
    }

    private static func pair(_ device: PairingDevice, _ rig: IDProvRig) async throws -> RouteClient.Answer {
        let begun = try await device.begin(rig)
        let proof = try PairingProof(parsing: try await device.share(begun, rig).body)
        let keys = try device.finish(begun, proof)
        let (body, headers) = try device.request(begun.parameters.session, keys)
        let answer = try await rig.network.send(.post, "/idprov/provreq", body: body, headers: headers)
        let mac = answer.headers[try #require(HTTPField.Name(PairingHeader.mac))]
        #expect(mac == Base64URL.encode(PairingKeys.authenticate(answer.body, key: keys.response).copy))
        return answer
    }

    @Test func rightPIN_GetsTheCertificate_AndIsUsedUp() async throws {
        let rig = try await Self.rig()
        let device = try PairingDevice("d1", secret: "123 456")
        let answer = try await Self.pair(device, rig)
        #expect(answer.status == .ok)
        let response = try ProvisionResponse(parsing: answer.body)
        #expect(response.status == .approved)
        #expect(response.signature.isEmpty)
        #expect(try Certificate(pem: response.clientCert).matches(device.key))
        #expect(try await device.post(device.parameters(), rig).text.contains("Waiting"))
    }

    @Test func directoryOffersIt() async throws {
        let rig = try await Self.rig()
        let directory = try Directory(parsing: try await rig.network.send(.get, "/idprov/directory").body)
        #expect(directory.endpoints.additional["postPake"] == "/idprov/pake")
    }

    @Test func wrongPIN_CostsOneGuess_AndThePausesDouble() async throws {
        let rig = try await Self.rig()
        let thief = try PairingDevice("d1", secret: "000000")
        var pause: Int64 = 1
        for _ in 0..<6 {
            let begun = try await thief.begin(rig)
            let answer = try await thief.share(begun, rig)
            #expect(answer.status == .ok)
            #expect(throws: PKIError.self) {
                _ = try thief.finish(begun, try PairingProof(parsing: answer.body))
            }
            let early = try await thief.post(thief.parameters(), rig)
            #expect(early.status == .tooManyRequests)
            #expect(early.headers[.retryAfter] == "\(pause)")
            #expect(early.text == #"{"error":"too_many_attempts"}"#)
            rig.clock.advance(by: pause)
            pause *= 2
        }
        let right = try PairingDevice("d1", secret: "123456")
        #expect(try await Self.pair(right, rig).status == .ok)
    }

    @Test func twentyFailures_LockUntilAnAdministratorUnlocks_AfterARestartToo() async throws {
        let folder = try TemporaryFolder()
        let thief = try PairingDevice("d1", secret: "000000")
        do {
            let rig = try await IDProvRig(folder: folder) { $0.limits.secrets.pairingBackOffSeconds = 0 }
            try await rig.addSecret("123456", for: "d1")
            for _ in 0..<20 {
                rig.clock.advance(by: 1)
                _ = try await thief.share(try await thief.begin(rig), rig)
            }
            #expect(try await thief.post(thief.parameters(), rig).status.code == 423)
        }
        let clock = ManualClock(at: Int64(Date.now.timeIntervalSince1970) + 60)
        let rig = try await IDProvRig(folder: folder, clock: clock) { $0.limits.secrets.pairingBackOffSeconds = 0 }
        let locked = try await thief.post(thief.parameters(), rig)
        #expect(locked.status.code == 423)
        #expect(locked.text == #"{"error":"locked"}"#)
        let plain = try TestDevice("d1", secret: "123456")
        #expect(try await plain.provision(at: rig).status == .waiting)
        try await rig.rooms.secrets.unlock("d1", by: .hub)
        #expect(try await Self.pair(try PairingDevice("d1", secret: "123456"), rig).status == .ok)
    }

    @Test func plainFailures_CountInTheSameCounter() async throws {
        let rig = try await Self.rig()
        let wrong = try TestDevice("d1", secret: "000000")
        #expect(try await wrong.provision(at: rig).status == .rejected)
        let device = try PairingDevice("d1", secret: "123456")
        #expect(try await device.post(device.parameters(), rig).status == .tooManyRequests)
        rig.clock.advance(by: 1)
        _ = try await device.share(try await device.begin(rig), rig)
        let held = try await TestDevice("d1", secret: "123456").provision(at: rig)
        #expect(held.status == .waiting)
        #expect(held.retrySec == 2)
    }

    @Test func sessions_EndAsTheSpecificationSays() async throws {
        let rig = try await Self.rig(base: 0)
        let device = try PairingDevice("d1", secret: "123456")
        let unknown = try await device.post(
            PairingRequest.share(session: "nothing", shareP: Base64URL.encode(Array(repeating: 4, count: 65)))
                .encoded(),
            rig)
        #expect(unknown.status == .notFound)
        let begun = try await device.begin(rig)
        let other = try await device.begin(rig)
        let proof = try PairingProof(parsing: try await device.share(begun, rig).body)
        #expect(try await device.share(begun, rig).status == .conflict)
        #expect(try await device.share(other, rig).status == .notFound)
        let keys = try device.finish(begun, proof)
        rig.clock.advance(by: 61)
        let (body, headers) = try device.request(begun.parameters.session, keys)
        #expect(try await rig.network.send(.post, "/idprov/provreq", body: body, headers: headers).status == .notFound)
        // Step 3 before step 2.
        let early = try await device.begin(rig)
        let (earlyBody, earlyHeaders) = try device.request(early.parameters.session, keys)
        #expect(
            try await rig.network.send(.post, "/idprov/provreq", body: earlyBody, headers: earlyHeaders).status
                == .notFound)
    }

    @Test func thirdStep_ThatIsNotTheSameDevice_IsRefusedAndClosesTheSession() async throws {
        let rig = try await Self.rig(base: 0)
        let device = try PairingDevice("d1", secret: "123456")
        for fault in 0..<4 {
            let begun = try await device.begin(rig)
            let keys = try device.finish(begun, try PairingProof(parsing: try await device.share(begun, rig).body))
            var (body, headers) = try device.request(begun.parameters.session, keys)
            switch fault {
            case 0: headers[try #require(HTTPField.Name(PairingHeader.confirm))] = Base64URL.encode([1])
            case 1: body.append(0x20)
            case 2: (body, headers) = try device.request(begun.parameters.session, keys, id: "d2")
            default:
                (body, headers) = try device.request(begun.parameters.session, keys, key: PrivateKey.makeP256())
            }
            let answer = try await rig.network.send(.post, "/idprov/provreq", body: body, headers: headers)
            #expect(answer.status == .forbidden)
            #expect(answer.text == #"{"error":"\#(fault < 2 ? "confirm_failed" : "key_mismatch")"}"#)
            let again = try device.request(begun.parameters.session, keys)
            #expect(
                try await rig.network.send(.post, "/idprov/provreq", body: again.body, headers: again.headers).status
                    == .notFound)
        }
        #expect(try await rig.issuer.claim("d1").secret != nil)
    }

    @Test func junk_IsABadRequest_OtherSuitesToo() async throws {
        let rig = try await Self.rig()
        let device = try PairingDevice("d1", secret: "123456")
        for body in ["", "[]", "{}", #"{"step":"params"}"#, #"{"step":"share","session":"a"}"#, "{\"step\":\"other\"}"]
        {
            let answer = try await device.post(Array(body.utf8), rig)
            #expect(answer.status == .badRequest)
            #expect(answer.text == #"{"error":"bad_request"}"#)
        }
        let short = PairingRequest.parameters(
            deviceID: "d1", suites: [SPAKE2Plus.suite], clientNonce: "AAAA", publicKeyPEM: device.key.publicKey.pem())
        #expect(try await device.post(short.encoded(), rig).text.contains("bad_request"))
        let foreign = PairingRequest.parameters(
            deviceID: "d1", suites: ["SPAKE2+-P384"], clientNonce: Base64URL.encode(Array(repeating: 1, count: 32)),
            publicKeyPEM: device.key.publicKey.pem())
        #expect(try await device.post(foreign.encoded(), rig).text == #"{"error":"unsupported_suite"}"#)
        let begun = try await device.begin(rig)
        let infinity = PairingRequest.share(session: begun.parameters.session, shareP: "AA")
        let answer = try await device.post(infinity.encoded(), rig)
        #expect(answer.text == #"{"error":"bad_share"}"#)
        #expect(try await device.share(begun, rig).status == .notFound)
        #expect(try await device.post([UInt8](repeating: 0x20, count: 20_000), rig).status == .badRequest)
    }

    @Test func manySessions_OfOneAddress_AreBounded() async throws {
        let rig = try await Self.rig(base: 0)
        let device = try PairingDevice("d1", secret: "123456")
        var refused = 0
        for _ in 0..<12 {
            let answer = try await device.post(device.parameters(), rig)
            refused += answer.status == .serviceUnavailable ? 1 : 0
        }
        #expect(refused == 2)
        for _ in 0..<12 {
            rig.clock.advance(by: 1)
            for _ in 0..<10 { _ = try await device.post(device.parameters(), rig) }
        }
        rig.clock.advance(by: 1)
        #expect(try await device.post(device.parameters(), rig).status == .serviceUnavailable)
        rig.clock.advance(by: 62)
        #expect(try await device.post(device.parameters(), rig).status == .ok)
    }

    @Test func pairingOnly_PlainRequestIsRefused_AndTheSecretIsForgotten() async throws {
        let rig = try await Self.rig(base: 0)
        var secret = NewSecret(deviceID: "d2", value: Array("123456".utf8), validUntil: rig.clock.now + 3600)
        secret.pairing = .spake2plus
        try await rig.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        let plain = try await rig.network.send(
            .post, "/idprov/provreq", body: try TestDevice("d2", secret: "123456").request())
        #expect(plain.status == .forbidden)
        #expect(plain.text == #"{"error":"pake_required"}"#)
        let device = try PairingDevice("d2", secret: "123456")
        let begun = try await device.begin(rig)
        #expect(try await rig.issuer.claim("d2").secret?.value == [])
        #expect(try await device.begin(rig).parameters.salt == begun.parameters.salt)
        #expect(try await Self.pair(device, rig).status == .ok)
    }

    @Test func weakSecrets_NeedPairingWhenTheOperatorSaysSo() async throws {
        let rig = try await IDProvRig { $0.limits.secrets.weakSecretsNeedPairing = true }
        try await rig.addSecret("123456", for: "weak")
        try await rig.addSecret("LABELTEXTLABELTEXTLABELTEXT", for: "strong")
        let weak = try await rig.network.send(
            .post, "/idprov/provreq", body: try TestDevice("weak", secret: "123456").request())
        #expect(weak.text == #"{"error":"pake_required"}"#)
        #expect(
            try await TestDevice("strong", secret: "LABELTEXTLABELTEXTLABELTEXT").provision(at: rig).status == .approved
        )
    }

    @Test func secretForPlainOnly_IsNotPaired() async throws {
        let rig = try await IDProvRig()
        var secret = NewSecret(deviceID: "d1", value: Array("123456".utf8), validUntil: rig.clock.now + 3600)
        secret.pairing = .hmac
        try await rig.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        let device = try PairingDevice("d1", secret: "123456")
        #expect(try await device.post(device.parameters(), rig).text.contains(#""status":"Waiting""#))
    }
}
