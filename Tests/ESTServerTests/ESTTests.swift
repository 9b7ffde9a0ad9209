import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
internal import Journal
internal import JournalTestSupport
import PKI
internal import Reach
internal import Rooms
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing

@testable import ESTServer

/// EST as docs/protocols/enrolment.md section 1 states it, against a whole hub without a socket.
@Suite struct ESTTests {
    private static let enroll = "/.well-known/est/simpleenroll"
    private static let reenroll = "/.well-known/est/simplereenroll"

    private static func basic(_ user: String, _ password: String) -> HTTPFields {
        [
            .authorization: "Basic " + Base64.encode(Array("\(user):\(password)".utf8)),
            .contentType: "application/pkcs10", .userAgent: "curl/7",
        ]
    }

    private static let plain: HTTPFields = [.contentType: "application/pkcs10", .userAgent: "curl/7"]

    private static func body(_ commonName: String?, key: PrivateKey? = nil) throws -> [UInt8] {
        let request = try TestRequest.make(commonName: commonName, key: try key ?? PrivateKey.makeP256())
        return Array(Base64.encode(request, lineLength: 64).utf8)
    }

    @Test func deviceWithSecret_GetsItsCertificate_AndTheSecretIsUsed() async throws {
        let rig = try await ESTRig()
        try await rig.addSecret("s3cret", for: "dev1")
        let key = try PrivateKey.makeP256()
        let answer = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev1", key: key), headers: Self.basic("dev1", "s3cret"))
        #expect(answer.status == .ok)
        #expect(answer.headers[.contentType] == "application/pkcs7-mime; smime-type=certs-only")
        let certificate = try TestBundle.certificates(answer.body)[0]
        #expect(certificate.subject.commonName == "dev1")
        #expect(certificate.subject.organizationalUnits == ["iotdevice"])
        #expect(certificate.matches(key))
        #expect(try await rig.rooms.devices.device("dev1").state == .approved)
        let again = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "s3cret"))
        #expect(again.status == .accepted)
    }

    @Test func lineBreaks_FollowTheFamilyOfClients() async throws {
        let rig = try await ESTRig()
        let path = "/.well-known/est/cacerts"
        let strongSwan = try await rig.network.send(.get, path)
        #expect(!strongSwan.text.contains("\n"))
        let libest = try await rig.network.send(.get, path, headers: [.userAgent: "libest"])
        let lines = libest.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.dropLast(2).allSatisfy { $0.utf8.count == 64 })
        #expect(Base64.decodeLenient(libest.text) == Base64.decode(strongSwan.text))
        #expect(try TestBundle.certificates(libest.body) == [rig.issuer.authority.certificate])
        let attributes = try await rig.network.send(.get, "/.well-known/est/csrattrs")
        #expect(attributes.text == "MCEwFQYHKoZIzj0CATEKBggqhkjOPQMBBwYIKoZIzj0EAwI=")
        let labelled = try await rig.network.send(.get, "/.well-known/est/lamps/cacerts")
        #expect(labelled.text == strongSwan.text)
    }

    @Test func secretIsMissingExpiredOrLocked_DeviceIsToldToComeBack() async throws {
        let rig = try await ESTRig()
        let first = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "x"))
        #expect(first.status == .accepted)
        #expect(first.headers[.retryAfter] == "30")
        #expect(first.body.isEmpty)
        #expect(try await rig.rooms.devices.device("dev1").state == .pending)
        try await rig.addSecret("right", for: "dev1", life: 60)
        rig.clock.advance(by: 61)
        #expect(
            try await rig.network.send(
                .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "right")
            ).status
                == .accepted)
        try await rig.addSecret("right", for: "dev1")
        for _ in 0..<10 {
            let wrong = try await rig.network.send(
                .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "wrong"))
            #expect(wrong.status == .unauthorized)
        }
        #expect(
            try await rig.network.send(
                .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "right")
            ).status
                == .accepted)
        rig.clock.advance(by: 61)
        #expect(
            try await rig.network.send(
                .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "right")
            ).status == .ok)
    }

    @Test func nothingProved_IsAskedForCredentials() async throws {
        let rig = try await ESTRig()
        let answer = try await rig.network.send(.post, Self.enroll, body: try Self.body("dev1"), headers: Self.plain)
        #expect(answer.status == .unauthorized)
        #expect(answer.headers[.wwwAuthenticate] == "Basic realm=\"hub\"")
        #expect(answer.headers[.contentType]?.hasPrefix("text/plain") == true)
        let renewal = try await rig.network.send(
            .post, Self.reenroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "x"))
        #expect(renewal.status == .unauthorized)
    }

    @Test func foreignCommonName_IsRefused_NoneIsFilledIn() async throws {
        let rig = try await ESTRig()
        try await rig.addSecret("s", for: "dev1")
        let foreign = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev2"), headers: Self.basic("dev1", "s"))
        #expect(foreign.status == .forbidden)
        let none = try await rig.network.send(
            .post, Self.enroll, body: try Self.body(nil), headers: Self.basic("dev1", "s"))
        #expect(none.status == .ok)
    }

    @Test func addressAsID_MayBeWrittenWithHyphens() async throws {
        let rig = try await ESTRig()
        try await rig.addSecret("s", for: "02:00:00:00:00:01")
        let answer = try await rig.network.send(
            .post, Self.enroll, body: try Self.body(nil), headers: Self.basic("02-00-00-00-00-01", "s"))
        #expect(answer.status == .ok)
        #expect(try TestBundle.certificates(answer.body)[0].subject.commonName == "02:00:00:00:00:01")
    }

    @Test func registrar_EnrolsAnyDevice_OthersOnlyThemselves() async throws {
        let rig = try await ESTRig()
        for ou in ["admin", "plugin"] {
            let peer = try await rig.peer("registrar", ou: ou)
            let answer = try await rig.network.send(
                .post, Self.enroll, body: try Self.body("made-by-\(ou)"), headers: Self.plain, as: peer)
            #expect(answer.status == .ok)
        }
        let device = try await rig.peer("dev1", ou: "iotdevice")
        #expect(
            try await rig.network.send(
                .post, Self.enroll, body: try Self.body("dev2"), headers: Self.plain, as: device
            ).status == .forbidden)
        let client = try await rig.peer("eve", ou: "client")
        #expect(
            try await rig.network.send(
                .post, Self.enroll, body: try Self.body("dev1"), headers: Self.plain, as: client
            ).status == .forbidden)
    }

    @Test func certificateOfATunnel_IsNotRenewed() async throws {
        let rig = try await ESTRig()
        try await rig.addSecret("s", for: "dev1")
        _ = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "s"))
        let key = try PrivateKey.makeP256()
        let token = try await rig.rooms.reach.issueTunnelToken(
            for: "dev1", user: "ann", scope: .client, life: 300, by: .hub
        ).token
        let way = try await rig.issuer.issueForTunnel(
            commonName: "dev1", token: token, publicKey: key.publicKey, by: .hub)
        let request = Array(Base64.encode(try TestRequest.make(subject: way.subjectDER, key: key)).utf8)
        let count = try await rig.issuer.certificateCount()
        for peer in [
            Peer(address: "192.0.2.7", certificate: way), Peer(address: "192.0.2.7", endedCertificate: way),
        ] {
            for path in [Self.reenroll, Self.enroll] {
                let answer = try await rig.network.send(.post, path, body: request, headers: Self.plain, as: peer)
                #expect(answer.status == .forbidden || answer.status == .unauthorized)
            }
        }
        #expect(try await rig.issuer.certificateCount() == count)
    }

    @Test func renewal_KeepsTheSubject_HoweverItIsEncoded() async throws {
        let rig = try await ESTRig()
        try await rig.addSecret("s", for: "dev1")
        let first = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "s"))
        let old = try TestBundle.certificates(first.body)[0]
        let peer = Peer(address: "192.0.2.7", certificate: old)
        let key = try PrivateKey.makeP256()
        let same = try TestRequest.make(subject: old.subjectDER, key: key)
        let printable = try TestRequest.make(subject: TestRequest.printable(old.subjectDER), key: key)
        for request in [same, printable] {
            let answer = try await rig.network.send(
                .post, Self.reenroll, body: Array(Base64.encode(request).utf8), headers: Self.plain, as: peer)
            #expect(answer.status == .ok)
            #expect(try TestBundle.certificates(answer.body)[0].matches(key))
        }
        let other = try await rig.network.send(
            .post, Self.reenroll, body: try Self.body("dev1"), headers: Self.plain, as: peer)
        #expect(other.status == .badRequest)
        try await rig.issuer.revoke(serial: old.serial.description, reason: .superseded, by: .hub)
        let revoked = try await rig.network.send(
            .post, Self.reenroll, body: Array(Base64.encode(same).utf8), headers: Self.plain, as: peer)
        #expect(revoked.status == .forbidden)
    }

    @Test func endedCertificate_RenewsWithinItsGrace_AsLongAsTheDeviceHasNoOther() async throws {
        let rig = try await ESTRig { $0.grace.standard = .init(seconds: 10 * 86_400) }
        try await rig.addSecret("s", for: "dev1")
        let first = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "s"))
        let old = try TestBundle.certificates(first.body)[0]
        rig.clock.advance(by: 31 * 86_400)
        let late = Peer(address: "192.0.2.7", endedCertificate: old)
        let key = try PrivateKey.makeP256()
        let request = Array(Base64.encode(try TestRequest.make(subject: old.subjectDER, key: key)).utf8)
        let renewed = try await rig.network.send(.post, Self.reenroll, body: request, headers: Self.plain, as: late)
        #expect(renewed.status == .ok)
        #expect(try TestBundle.certificates(renewed.body)[0].matches(key))
        // The operator is not asked either: a renewal shows nothing else.
        let again = try await rig.network.send(.post, Self.reenroll, body: request, headers: Self.plain, as: late)
        #expect(again.status == .forbidden && again.text == "the certificate has ended\n")
        #expect(try await rig.rooms.devices.device("dev1").state == .approved)
        #expect(try await rig.issuer.certificateCount() == 2)
    }

    /// A device, or a person of a role that renews itself: beyond its share it is told when to come again, and nothing
    /// is stored.
    @Test(arguments: ["iotdevice", "client", "service"])
    func renewalsWithFreshKeys_AreBounded(ou: String) async throws {
        let rig = try await ESTRig()
        let peer = try await rig.peer("x", ou: ou)
        let subject = try #require(peer.certificate).subjectDER
        var statuses: [HTTPResponse.Status: Int] = [:]
        for _ in 0..<100 {
            let request = try TestRequest.make(subject: subject, key: try PrivateKey.makeP256())
            let answer = try await rig.network.send(
                .post, Self.reenroll, body: Array(Base64.encode(request).utf8), headers: Self.plain, as: peer)
            statuses[answer.status, default: 0] += 1
            if answer.status != .ok { #expect(answer.headers[.retryAfter].flatMap { Int($0) } ?? 0 > 0) }
        }
        #expect(statuses == [.ok: Issuer.renewalBurst, .tooManyRequests: 100 - Issuer.renewalBurst])
        let issued = try await rig.issuer.certificates(commonName: "x", before: nil, limit: 500)
        #expect(issued.count == 1 + Issuer.renewalBurst)
    }

    @Test func keysMadeByTheHub_AreBoundedForADeviceThatRenews() async throws {
        let rig = try await ESTRig { $0.makesKeys = true }
        let peer = try await rig.peer("x", ou: "iotdevice")
        for _ in 0..<50 {
            _ = try await rig.network.send(
                .post, "/.well-known/est/serverkeygen", body: try Self.body("x"), headers: Self.plain, as: peer)
        }
        let issued = try await rig.issuer.certificates(commonName: "x", before: nil, limit: 500)
        #expect(issued.count == 1 + Issuer.renewalBurst)
    }

    @Test func authorityThatHasEnded_IsUnavailable_AndTheSecretStays() async throws {
        let rig = try await ESTRig()
        try await rig.addSecret("s", for: "dev1", life: 40 * 365 * 86_400)
        rig.clock.advance(by: 20 * 365 * 86_400)
        let answer = try await rig.network.send(
            .post, Self.enroll, body: try Self.body("dev1"), headers: Self.basic("dev1", "s"))
        #expect(answer.status == .serviceUnavailable && answer.headers[.retryAfter] == "600")
        #expect(try await rig.issuer.claim("dev1").secret != nil)
    }

    @Test(arguments: [
        ("not base64!", HTTPResponse.Status.badRequest), ("", .badRequest), ("MAA=", .badRequest),
        ("AAAA====", .badRequest),
    ])
    func junk_IsABadRequest(body: String, status: HTTPResponse.Status) async throws {
        let rig = try await ESTRig()
        let answer = try await rig.network.send(
            .post, Self.enroll, body: Array(body.utf8), headers: Self.basic("dev1", "s"))
        #expect(answer.status == status)
    }

    @Test func requestsThatProveNothing_AreRefused() async throws {
        let rig = try await ESTRig()
        try await rig.addSecret("s", for: "dev1")
        var forged = try TestRequest.make(commonName: "dev1", key: try PrivateKey.makeP256())
        forged[forged.count - 5] ^= 1
        let weak = try TestRequest.make(commonName: "dev1", kind: .rsa1024)
        let kinds = "a key of this kind gets no certificate here"
        var rows = [(forged, "the signature of the request is wrong"), (weak, kinds)]
        for kind in [TestRequest.Kind.secp256k1, .p521, .pss] {
            rows.append((try TestRequest.make(commonName: "dev1", kind: kind), kinds))
        }
        for (options, reason) in [
            (["-sha1"], "signed in a way"), (["-sigopt", "rsa_padding_mode:pss"], "signed in a way"),
        ] {
            rows.append((try TestRequest.make(commonName: "dev1", kind: .rsa2048, more: options), reason))
        }
        for (request, reason) in rows {
            let answer = try await rig.network.send(
                .post, Self.enroll, body: Array(Base64.encode(request).utf8), headers: Self.basic("dev1", "s"))
            #expect(answer.status == .badRequest)
            #expect(answer.text.contains(reason), "\(answer.text)")
        }
        #expect(try await rig.issuer.claim("dev1").secret != nil)
        for kind in [TestRequest.Kind.p384, .ed25519] {
            try await rig.addSecret("s", for: "dev1")
            let request = try TestRequest.make(commonName: "dev1", kind: kind)
            let answer = try await rig.network.send(
                .post, Self.enroll, body: Array(Base64.encode(request).utf8), headers: Self.basic("dev1", "s"))
            #expect(answer.status == .ok)
        }
    }

    @Test func statusCodes_AreThoseOfTheStandard() async throws {
        let rig = try await ESTRig()
        let long = [UInt8](repeating: 65, count: ESTRoutes.bodyLimit + 1)
        #expect(
            try await rig.network.send(.post, Self.enroll, body: long, headers: Self.plain).status == .contentTooLarge)
        #expect(
            try await rig.network.send(
                .post, Self.enroll, body: try Self.body("d"), headers: [.contentType: "text/plain"]
            ).status
                == .unsupportedMediaType)
        let get = try await rig.network.send(.get, Self.enroll)
        #expect(get.status == .methodNotAllowed)
        #expect(get.headers[.allow] == "POST")
        for operation in ["fullcmc", "serverkeygen", "nothing"] {
            #expect(try await rig.network.send(.post, "/.well-known/est/\(operation)").status == .notFound)
        }
    }

    @Test func keyMadeByTheHub_OnlyWhenSwitchedOn() async throws {
        let rig = try await ESTRig { $0.makesKeys = true }
        try await rig.addSecret("s", for: "dev1")
        let answer = try await rig.network.send(
            .post, "/.well-known/est/serverkeygen", body: try Self.body("dev1"), headers: Self.basic("dev1", "s"))
        #expect(answer.status == .ok)
        let boundary = try #require(answer.headers[.contentType]?.split(separator: "=").last)
        let parts = answer.text.components(between: "--\(boundary)")
        let key = try PrivateKey(
            pem: PEM.encode(label: "PRIVATE KEY", try #require(Base64.decodeLenient(parts[0]))), passphrase: nil)
        let certificate = try TestBundle.certificates(Array(parts[1].utf8))[0]
        #expect(certificate.matches(key))
    }

    @Test func alternativeNames_OnlyThoseTheOperatorAdmits() async throws {
        for (names, expected) in [(Set<SubjectAlternativeNameKind>(), false), ([.uri], true)] {
            let rig = try await ESTRig { $0.requestedNames = names }
            try await rig.addSecret("s", for: "dev1")
            let request = try TestRequest.make(commonName: "dev1", kind: .p256, name: "URI:urn:dev:1")
            let answer = try await rig.network.send(
                .post, Self.enroll, body: Array(Base64.encode(request).utf8), headers: Self.basic("dev1", "s"))
            #expect(try TestBundle.certificates(answer.body)[0].mentions("urn:dev:1") == expected)
        }
    }

    @Test(arguments: ["urn:latchkey:hub", "URN:Latchkey:Hub", "urn:latchkey:tunnel:dev1"])
    func nameOfTheHub_IsGivenToNobody(_ uri: String) async throws {
        let rig = try await ESTRig { $0.requestedNames = [.uri] }
        try await rig.addSecret("s", for: "dev1")
        let request = try TestRequest.make(commonName: "dev1", kind: .p256, name: "URI:\(uri)")
        let body = Array(Base64.encode(request).utf8)
        let device = try await rig.network.send(.post, Self.enroll, body: body, headers: Self.basic("dev1", "s"))
        #expect(device.status == .badRequest)
        let registrar = try await rig.peer("registrar", ou: "plugin")
        let asked = try await rig.network.send(.post, Self.enroll, body: body, headers: Self.plain, as: registrar)
        #expect(asked.status == .badRequest)
        #expect(try await rig.issuer.claim("dev1").secret != nil)
    }
}
