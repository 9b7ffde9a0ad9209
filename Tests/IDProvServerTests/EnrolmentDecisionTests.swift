import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
import IDProvServer
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
internal import Rooms
internal import RouteTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
import Wire

@testable import PKI

/// The protocols by which a device proves its secret.
enum Way: String, CaseIterable, CustomTestStringConvertible {
    case idprov, est, pairing
    var testDescription: String { rawValue }

    /// What a device learns.
    enum Answer: Equatable {
        case issued, refused
        /// Come back later, with the time where the protocol has one.
        case waits
        /// As ``waits``, because of guesses; where the protocol has a word of its own for it.
        case lockedOut
    }

    /// One request of a device for its certificate.
    func ask(_ id: String, _ secret: String, _ key: PrivateKey, from address: String, at rig: IDProvRig) async throws
        -> Answer
    {
        switch self {
        case .idprov: try await askPlainly(id, secret, key, Peer(address: address), rig)
        case .est: try await enrol(id, secret, key, Peer(address: address), rig)
        case .pairing: try await pair(id, secret, key, address, rig)
        }
    }

    private func askPlainly(
        _ id: String, _ secret: String, _ key: PrivateKey, _ peer: Peer, _ rig: IDProvRig
    ) async throws -> Answer {
        var request = ProvisionRequest(deviceID: id, ip: "192.0.2.7", mac: "", publicKeyPEM: key.publicKey.pem())
        request.signature = Base64.encode(
            HMACSHA256.authenticate(request.canonical(blankSignature: true), key: Array(secret.utf8)))
        let answer = try await rig.network.send(
            .post, "/idprov/provreq", body: request.canonical(blankSignature: false), as: peer)
        if answer.status == .forbidden { return .refused }
        let response = try ProvisionResponse(parsing: answer.body)
        switch response.status {
        case .approved:
            // A device with a secret believes an answer under the secret only; one that was approved by eye has none.
            #expect(response.isSigned(with: Array(secret.utf8)) || response.isSigned(with: []))
            return .issued
        case .waiting: return .waits
        case .rejected: return .refused
        }
    }

    private func enrol(
        _ id: String, _ secret: String, _ key: PrivateKey, _ peer: Peer, _ rig: IDProvRig
    ) async throws -> Answer {
        let subject = DER.element(0x30, DistinguishedName.attribute(0x03, id))
        let information = DER.sequence([0x02, 0x01, 0x00], subject, key.publicKey.spki, [0xA0, 0x00])
        let request = DER.sequence(
            information, SignatureAlgorithm(key.publicKey.kind).identifier,
            DER.element(0x03, [0] + (try key.sign(information))))
        let answer = try await rig.network.send(
            .post, "/.well-known/est/simpleenroll", body: Array(Base64.encode(request, lineLength: 64).utf8),
            headers: [
                .authorization: "Basic " + Base64.encode(Array("\(id):\(secret)".utf8)),
                .contentType: "application/pkcs10",
            ], as: peer)
        return answer.status == .ok ? .issued : answer.status == .accepted ? .waits : .refused
    }

    private func pair(
        _ id: String, _ secret: String, _ key: PrivateKey, _ address: String, _ rig: IDProvRig
    ) async throws -> Answer {
        let device = PairingDevice(id, secret: secret, key: key, address: address)
        let begun: PairingDevice.Begun
        do {
            begun = try await device.begin(rig)
        } catch let failure as PairingFailure {
            return failure.status == .tooManyRequests || failure.status.code == 423 ? .lockedOut : .refused
        } catch is PairingWaits {
            return .waits
        }
        let shared = try await device.share(begun, rig)
        guard let keys = try? device.finish(begun, try PairingProof(parsing: shared.body)) else { return .refused }
        let (body, headers) = try device.request(begun.parameters.session, keys)
        let answer = try await rig.network.send(
            .post, "/idprov/provreq", body: body, headers: headers, as: Peer(address: address))
        return answer.status == .ok ? .issued : .refused
    }
}

/// One decision, three protocols: whatever a device speaks, the same becomes of it.
@Suite struct EnrolmentDecisionTests {
    static let weak = "123456"
    static let strong = "LABELTEXTLABELTEXTLABELTEXT"
    private static let home = "192.0.2.7"
    private static let attacker = "203.0.113.66"

    /// What stands when the device asks.
    enum Situation: String, CaseIterable, CustomTestStringConvertible {
        case rightSecret, wrongSecret, noSecret, refusedDevice, pairingOnly, plainOnly
        case weakSecretGuessedAtFromElsewhere, weakSecretGuessedAtFromHere, weakSecretGuessedAtFromEverywhere
        case strongSecretGuessedAtFromHere, strongSecretGuessedAtFromEverywhere
        case keyApproved, keyApprovedWhileTheSecretIsLocked
        var testDescription: String { rawValue }

        /// What it comes to by IDProv, EST and pairing.
        var answers: [Way: Way.Answer] {
            switch self {
            case .rightSecret, .weakSecretGuessedAtFromElsewhere, .strongSecretGuessedAtFromHere,
                .strongSecretGuessedAtFromEverywhere:
                [.idprov: .issued, .est: .issued, .pairing: .issued]
            case .wrongSecret: [.idprov: .refused, .est: .refused, .pairing: .refused]
            case .noSecret: [.idprov: .waits, .est: .waits, .pairing: .waits]
            case .refusedDevice: [.idprov: .refused, .est: .refused, .pairing: .waits]
            case .pairingOnly: [.idprov: .refused, .est: .waits, .pairing: .issued]
            case .plainOnly: [.idprov: .issued, .est: .issued, .pairing: .waits]
            case .weakSecretGuessedAtFromHere, .weakSecretGuessedAtFromEverywhere:
                [.idprov: .waits, .est: .waits, .pairing: .lockedOut]
            // Pairing proves the hub by the secret, so it has no answer for an approval; the plain request has.
            case .keyApproved, .keyApprovedWhileTheSecretIsLocked: [.idprov: .issued, .est: .issued, .pairing: .waits]
            }
        }
    }

    @Test(arguments: Situation.allCases, Way.allCases)
    func situation_ComesToTheSame_ByEveryProtocol(_ situation: Situation, _ way: Way) async throws {
        let rig = try await IDProvRig()
        let key = try PrivateKey.makeP256()
        let secret = try await Self.arrange(situation, key, at: rig)
        #expect(try await way.ask("d1", secret, key, from: Self.home, at: rig) == situation.answers[way])
    }

    /// - Returns: the secret the device asks with.
    private static func arrange(_ situation: Situation, _ key: PrivateKey, at rig: IDProvRig) async throws -> String {
        let rooms = rig.rooms
        switch situation {
        case .rightSecret: try await rig.addSecret(weak, for: "d1")
        case .wrongSecret:
            try await rig.addSecret(weak, for: "d1")
            return "654321"
        case .noSecret: break
        case .refusedDevice:
            _ = try await TestDevice("d1", secret: "").provision(at: rig)
            try await rig.issuer.reject(deviceID: "d1", by: .hub)
            try await rig.addSecret(weak, for: "d1")
        case .pairingOnly, .plainOnly:
            var new = NewSecret(deviceID: "d1", value: Array(weak.utf8), validUntil: rig.clock.now + 3600)
            new.pairing = situation == .pairingOnly ? .spake2plus : .hmac
            try await rooms.devices.addSecret(new, replacing: true, by: .hub)
        case .weakSecretGuessedAtFromElsewhere:
            try await rig.addSecret(weak, for: "d1", life: 100 * 86_400)
            try await guess(from: [attacker], at: rig)
        case .weakSecretGuessedAtFromHere:
            try await rig.addSecret(weak, for: "d1", life: 100 * 86_400)
            try await guess(from: [home], at: rig)
        case .weakSecretGuessedAtFromEverywhere:
            try await rig.addSecret(weak, for: "d1", life: 100 * 86_400)
            try await guess(from: [attacker, "203.0.113.67"], at: rig)
        case .strongSecretGuessedAtFromHere:
            try await rig.addSecret(strong, for: "d1", life: 100 * 86_400)
            try await guess(from: [home], pairings: 3, at: rig)
            return strong
        case .strongSecretGuessedAtFromEverywhere:
            try await rig.addSecret(strong, for: "d1", life: 100 * 86_400)
            try await guess(from: [home] + (1...30).map { "203.0.113.\($0)" }, pairings: 1, at: rig)
            return strong
        case .keyApproved: try await approve(key, at: rig)
        case .keyApprovedWhileTheSecretIsLocked:
            try await approve(key, at: rig)
            try await rig.addSecret(weak, for: "d1", life: 100 * 86_400)
            try await guess(from: [home], at: rig)
        }
        return weak
    }

    private static func approve(_ key: PrivateKey, at rig: IDProvRig) async throws {
        #expect(try await Way.idprov.ask("d1", "", key, from: home, at: rig) == .waits)
        try await rig.rooms.devices.approve("d1", fingerprint: key.publicKey.fingerprint, by: .hub)
    }

    /// Everything that addresses can do against a secret: wrong plain guesses and wrong pairings until neither is
    /// heard, and at the end once more.
    private static func guess(from addresses: [String], pairings: Int = 22, at rig: IDProvRig) async throws {
        let key = try PrivateKey.makeP256()
        for _ in 0..<pairings {
            for address in addresses { _ = try await Way.pairing.ask("d1", "999999", key, from: address, at: rig) }
            rig.clock.advance(by: 3601)
        }
        for address in addresses {
            for _ in 0..<12 { _ = try await Way.idprov.ask("d1", "999999", key, from: address, at: rig) }
        }
    }

    /// An attempt of somebody else between the steps of a device's pairing.
    @Test func strangersAttempt_DoesNotEndThePairingOfAStrongSecret() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret(Self.strong, for: "d1")
        let device = try PairingDevice("d1", secret: Self.strong)
        var thief = try PairingDevice("d1", secret: "wrong")
        thief.address = Self.attacker
        let begun = try await device.begin(rig)
        _ = try await thief.share(try await thief.begin(rig), rig)
        let proof = try PairingProof(parsing: try await device.share(begun, rig).body)
        _ = try await thief.share(try await thief.begin(rig), rig)
        let (body, headers) = try device.request(begun.parameters.session, try device.finish(begun, proof))
        #expect(try await rig.network.send(.post, "/idprov/provreq", body: body, headers: headers).status == .ok)
    }

    @Test func longSecretThatIsNotRandom_IsNotSearchedThrough() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("changeme-changeme-0742", for: "d1", life: 100 * 86_400)
        var heard = 0
        for number in 0...999 {
            let digits = String(repeating: "0", count: 4 - "\(number)".count) + "\(number)"
            let device = try TestDevice("d1", secret: "changeme-changeme-" + digits)
            guard try await device.provision(at: rig).status != .approved else {
                heard += 1
                continue
            }
        }
        #expect(heard == 0, "743 guesses are more than are looked at")
        // From elsewhere it is heard.
        let device = try TestDevice("d1", secret: "changeme-changeme-0742")
        #expect(try await device.provision(at: rig, as: Peer(address: "198.51.100.7")).status == .approved)
    }

    /// Of a strong secret that is for pairing only the hub keeps no more than a record, and still knows that it is
    /// strong.
    @Test func strongSecretForPairingOnly_StaysStrong_WhenOnlyItsRecordIsKept() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let thief = try PairingDevice("d1", secret: "wrong")
        try await { () -> Void in
            let rig = try await IDProvRig(folder: folder, clock: clock)
            var new = NewSecret(
                deviceID: "d1", value: Array(Self.strong.utf8), validUntil: clock.now + 365 * 86_400)
            new.pairing = .spake2plus
            try await rig.rooms.devices.addSecret(new, replacing: true, by: .hub)
            for _ in 0..<25 {
                clock.advance(by: 1)
                #expect(try await thief.share(try await thief.begin(rig), rig).status == .ok)
            }
            #expect(try await rig.issuer.claim("d1").secret?.value == [])
        }()
        let rig = try await IDProvRig(folder: folder, clock: clock)
        let key = try PrivateKey.makeP256()
        #expect(try await Way.pairing.ask("d1", Self.strong, key, from: Self.home, at: rig) == .issued)
    }

    /// The finding: twenty plain guesses within a minute closed the pairing until an operator came.
    @Test(arguments: [weak, strong]) func plainGuesses_DoNotClosePairing(_ secret: String) async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret(secret, for: "d1")
        let key = try PrivateKey.makeP256()
        for _ in 0..<3 {
            for _ in 0..<10 { _ = try await Way.idprov.ask("d1", "999999", key, from: Self.home, at: rig) }
            rig.clock.advance(by: 61)
        }
        rig.clock.advance(by: 60)
        #expect(try await Way.pairing.ask("d1", secret, key, from: Self.home, at: rig) == .issued)
    }

    @Test func lockedOut_IsToldWhenToComeBack() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("right", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        for _ in 0..<10 { _ = try await wrong.provision(at: rig) }
        rig.clock.advance(by: 15)
        #expect(try await TestDevice("d1", secret: "right").provision(at: rig).retrySec == 45)
        let devices = try await rig.rooms.devices.devices(state: nil, after: "", limit: 9)
        #expect(devices.isEmpty, "it is expected already, and waits for nobody")
    }
}
