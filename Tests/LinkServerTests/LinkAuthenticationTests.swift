import Devices
import HTTPTypes
import HubHTTP
import Hummingbird
import Issuing
import IssuingTestSupport
import Journal
import JournalTestSupport
import LinkServer
import RecordTestSupport
import Rooms
import RouteTestSupport
import SecretsTestSupport
import Store
import Testing

/// What a device is answered that wants to open its link (docs/protocols/device-link.md 2.4).
@Suite struct LinkAuthenticationTests {
    private struct Site: HoldsIssuer {
        let base: IssuingRig
        let client: RouteClient
        var rooms: Rooms { base.rooms }
        var issuer: Issuer { base.issuer }
        var clock: ManualClock { base.clock }
        var folder: TemporaryFolder { base.folder }

        init(change: (inout IssuingRig.Options) -> Void = { _ in }) async throws {
            base = try await IssuingRig(clock: ManualClock(at: 1_700_000_000), change: change)
            let authentication = LinkAuthentication(base.rooms.linkKeys)
            client = RouteClient(loss: base.loss) { router in
                router.group("").add(middleware: ErrorAnswers(LinkForm())).get("device-socket/websocket") {
                    request, context in
                    let pass = try await authentication.pass(request, context)
                    #expect(await authentication.stillCounts(pass, context))
                    return Response(
                        status: .ok, body: .init(byteBuffer: .init(string: "\(pass.device) \(pass.key ?? "-")")))
                }
            }
        }

        func open(
            _ fields: [String: String], as peer: Peer = Peer(address: "192.0.2.7")
        ) async throws -> RouteClient.Answer {
            var headers = HTTPFields()
            for (name, value) in fields { headers[try #require(HTTPField.Name(name))] = value }
            return try await client.send(.get, "/device-socket/websocket?vsn=2.0.0", headers: headers, as: peer)
        }

        func addVector() async throws {
            let given = NewLinkKey.Given(key: LinkSigner.vector.key, secret: LinkSigner.vector.secret)
            _ = try await rooms.linkKeys.add(NewLinkKey(.product("widget"), given: given), by: .hub)
        }
    }

    private static let vector = [
        "x-nh-alg": "NH1-HMAC-sha256-1000-32", "x-nh-key": LinkSigner.vector.key, "x-nh-time": "1700000000",
        "x-nh-signature":
            "SFMyNTY.g2gDbQAAAAhzaW0tMDAwMW4GAABo5c-LAWIAAVGA.2_QHMMVfVep-TBcd-jr_DNn5h6r8OGW4eM4GgrYeCQ4",
    ]
    private static let reason = HTTPField.Name("nh-connection-error-reason")

    @Test func vectorOfTheSpecification_IsLetIn() async throws {
        let site = try await Site()
        try await site.addVector()
        let answer = try await site.open(Self.vector)
        #expect(answer.status == .ok && answer.text == "sim-0001 \(LinkSigner.vector.key)")
    }

    @Test func requestWithoutCredentials_IsToldSo() async throws {
        let site = try await Site()
        for fields in [[:], ["user-agent": "mint/1.7.1"]] {
            let answer = try await site.open(fields)
            #expect(answer.status == .unauthorized)
            #expect(answer.text == "no certificate pair or shared secrets connection settings were provided")
            #expect(answer.headers[try #require(Self.reason)] == answer.text)
        }
    }

    @Test func badCredentials_AreToldNothing() async throws {
        let site = try await Site()
        try await site.addVector()
        var attempts: [[String: String]] = [["x-forwarded-for": "192.0.2.1"]]
        for name in Self.vector.keys {
            var fields = Self.vector
            fields[name] = nil
            attempts.append(fields)
            fields[name] = "1"
            attempts.append(fields)
        }
        for fields in attempts {
            let answer = try await site.open(fields)
            #expect(answer.status == .unauthorized && answer.body.isEmpty, "\(fields)")
            #expect(answer.headers[try #require(Self.reason)] == nil)
        }
    }

    @Test func headerThatComesTwice_IsRefused() async throws {
        let site = try await Site()
        try await site.addVector()
        var headers = HTTPFields()
        for (name, value) in Self.vector { headers[try #require(HTTPField.Name(name))] = value }
        headers.append(HTTPField(name: try #require(HTTPField.Name("x-nh-time")), value: "1700000000"))
        let answer = try await site.client.send(.get, "/device-socket/websocket", headers: headers)
        #expect(answer.status == .unauthorized && answer.body.isEmpty)
    }

    @Test func certificateOfTheHub_NeedsNoSecret() async throws {
        let site = try await Site()
        try await site.addSecret("secret of it", for: "lamp")
        let certificate = try await TestDevice("lamp", secret: "secret of it").enrol(at: site).certificate
        let device = Peer(address: "192.0.2.7", certificate: certificate)
        let answer = try await site.open([:], as: device)
        #expect(answer.status == .ok && answer.text == "lamp -")
        try await site.issuer.reject(deviceID: "lamp", by: .hub)
        #expect(try await site.open([:], as: device).status == .forbidden, "its certificate is revoked")
    }

    /// A certificate decides, whatever the headers say.
    @Test(arguments: ["client", "service", "plugin", "admin", "iotdevice"])
    func certificateThatIsNoDevices_IsRefusedWithAGoodSecret(_ ou: String) async throws {
        let site = try await Site()
        try await site.addVector()
        let answer = try await site.open(Self.vector, as: try await site.peer("somebody", ou: ou))
        #expect(answer.status == .unauthorized && answer.body.isEmpty)
    }

    @Test func certificateThatHasEnded_IsRefusedWithAGoodSecret() async throws {
        let site = try await Site()
        try await site.addVector()
        let certificate = try await site.certificate("lamp", ou: "iotdevice")
        let peer = Peer(address: "192.0.2.7", endedCertificate: certificate)
        let answer = try await site.open(Self.vector, as: peer)
        #expect(answer.status == .unauthorized && answer.body.isEmpty)
    }

    @Test func deviceThatHasToSlowDown_IsToldThatTheHubCanNotDecide() async throws {
        let site = try await Site { $0.limits.devices.link.newDevices = 1 }
        try await site.addVector()
        #expect(try await site.open(Self.vector).status == .ok)
        let other = try LinkSigner.vector.fields(of: "sim-0002", at: site.clock.now)
        let answer = try await site.open(other)
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.text == "the platform could not be reached to authenticate this device")
        #expect(answer.headers[try #require(Self.reason)] == answer.text)
    }

    @Test func storeThatDoesNotAnswer_IsToldTheSame() async throws {
        let site = try await Site()
        try await site.addVector()
        try site.base.records.store.close()
        let answer = try await site.open(Self.vector)
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.headers[try #require(Self.reason)] == answer.text)
    }
}
