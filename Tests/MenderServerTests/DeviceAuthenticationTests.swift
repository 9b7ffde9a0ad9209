import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
import MenderServer
internal import People
import PKI
internal import Rooms
internal import RouteTestSupport
import Testing

/// docs/protocols/mender.md 3 and 4, row by row.
@Suite struct DeviceAuthenticationTests {
    private static let vector =
        #"{"id_data":"{\"mac\":\"02:00:00:00:00:01\",\"serial\":\"SN-1\"}","tenant_token":"","#
        + #""pubkey":"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n"#
        + #"-----END PUBLIC KEY-----\n"}"# + "\n"
    private static let vectorSignature =
        "tPLcSfNArcTdGkUigO79bcvXisthoTkOPhof0fTXIOd7zfU75D3qqMs5GpBm2Rjsj6TgcAPMf7J6T9BmDjszCg=="

    private static func send(
        _ client: ManagementClient, _ body: [UInt8], signature: String?, headers: HTTPFields = [:]
    ) async throws -> RouteClient.Answer {
        var headers = headers
        if let signature { headers[try #require(HTTPField.Name("X-MEN-Signature"))] = signature }
        return try await client.rig.network.send(
            .post, UpdateDevice.authentication, body: body, headers: headers)
    }

    private static func body(_ identity: String, _ key: PublicKey) -> String {
        let text = String(decoding: JSONValue.string(identity).encoded(), as: UTF8.self)
        let pem = String(decoding: JSONValue.string(key.pem()).encoded(), as: UTF8.self)
        return #"{"id_data":\#(text),"pubkey":\#(pem)}"#
    }

    @Test func vectorOfTheSpecification_IsVerified_OverTheRawBytes() async throws {
        let client = try await ManagementClient()
        let body = Array(Self.vector.utf8)
        #expect(
            Hex.encode(SHA256.hash(body)) == "5ab8a703ecfa7182cb9876a9f58005b45e48b91c14d62f1f10a64a1d54658c92")
        let answer = try await Self.send(client, body, signature: Self.vectorSignature)
        #expect(answer.status == .unauthorized)
        #expect(answer.refusal == "dev auth: unauthorized")
        // One byte less, one more, another byte: no longer what was signed.
        for changed in [Array(body.dropLast()), body + [0x0A], [0x20] + body] {
            let answer = try await Self.send(client, changed, signature: Self.vectorSignature)
            #expect(answer.refusal == "signature verification failed")
        }
        let token = ManagementClient.socket
        let device = try await client.device(#"{"serial":"SN-1","mac":"02:00:00:00:00:01"}"#, token)
        #expect(device["status"]?.string == "pending")
        try await client.set("accepted", of: device, token)
        let accepted = try await Self.send(client, body, signature: Self.vectorSignature)
        #expect(accepted.status == .ok)
        #expect(accepted.headers[.contentType] == "application/jwt")
        #expect(accepted.text.split(separator: ".").count == 3)
    }

    @Test(arguments: [TestKey.rsa, .ed25519, .p384, nil])
    func everyKindOfKey_GetsAToken(_ kind: TestKey?) async throws {
        let client = try await ManagementClient()
        let token = ManagementClient.socket
        let key = try kind?.key() ?? PrivateKey.makeP256()
        let device = try UpdateDevice(client, #"{"mac":"1"}"#, key: key)
        #expect(try await device.authenticate().status == .unauthorized)
        try await client.set("accepted", of: try await client.device(#"{"mac":"1"}"#, token), token)
        #expect(try await device.authenticate().status == .ok)
        #expect(try await device.isIn())
    }

    /// What is wrong comes in the order of the table, so every row has everything behind it wrong as well.
    private static let malformedRequestRows: [(String, Int, String)] = [
        ("", 400, "failed to decode auth request"), ("nonsense", 400, "failed to decode auth request"),
        ("[]", 400, "failed to decode auth request"), (#"{"id_data":{"a":"b"}}"#, 400, "failed to decode auth request"),
        ("{}", 400, "invalid auth request: id_data must be provided"),
        (#"{"id_data":""}"#, 400, "invalid auth request: id_data must be provided"),
        (#"{"id_data":null}"#, 400, "invalid auth request: id_data must be provided"),
        (#"{"id_data":"{}"}"#, 400, "id_data"), (#"{"id_data":"[1]"}"#, 400, "id_data"),
        (#"{"id_data":"\"a\""}"#, 400, "id_data"), (#"{"id_data":"{"}"#, 400, "id_data"),
        (#"{"id_data":"{\"a\":1e400}"}"#, 400, "id_data"), (#"{"id_data":"{\"a\":{\"b\":[-1e999]}}"}"#, 400, "id_data"),
        (#"{"id_data":"{\"a\":1}","id_data":"{\"a\":2}"}"#, 400, "failed to decode auth request"),
        (#"{"id_data":"{\"a\":1}"}"#, 400, "invalid auth request: pubkey must be provided"),
        (#"{"id_data":"{\"a\":1}","pubkey":""}"#, 400, "invalid auth request: pubkey must be provided"),
        (#"{"id_data":"{\"a\":1}","pubkey":"x"}"#, 400, "cannot decode public key"),
        (#"{"id_data":"{\"a\":1}","pubkey":1}"#, 400, "failed to decode auth request"),
        (#"{"id_data":"{\"a\":1}","pubkey":"x","tier":1}"#, 400, "failed to decode auth request"),
    ]

    @Test func malformedRequest_IsRefusedInTheOrderOfTheTable() async throws {
        let client = try await ManagementClient()
        for (body, status, text) in Self.malformedRequestRows {
            let answer = try await Self.send(client, Array(body.utf8), signature: nil)
            #expect(answer.status.code == status, "\(body): \(answer.text)")
            #expect(answer.refusal?.contains(text) == true, "\(body): \(answer.text)")
            #expect(try await client.rooms.devices.deviceCounts().isEmpty)
        }
    }

    @Test(arguments: [TestKey.shortRSA, .p521, .x25519])
    func weakOrForeignKey_IsRefused_AlsoBeforehand(_ kind: TestKey) async throws {
        let client = try await ManagementClient()
        let text = String(decoding: JSONValue.string(kind.pem + "\n").encoded(), as: UTF8.self)
        let body = #"{"id_data":"{\"a\":1}","pubkey":\#(text)}"#
        let answer = try await Self.send(client, Array(body.utf8), signature: "AAAA")
        #expect(answer.status == .badRequest)
        #expect(answer.refusal?.hasPrefix("invalid auth request") == true)
        let token = ManagementClient.socket
        let preauthorised = try await client.send(
            .post, "v2/devauth/devices", #"{"identity_data":{"a":1},"pubkey":\#(text)}"#, token: token)
        #expect(preauthorised.status == .badRequest)
        #expect(try await client.rooms.devices.deviceCounts().isEmpty)
    }

    @Test func signature_MissingOrForged_LeavesNoTrace() async throws {
        let client = try await ManagementClient()
        let key = try PrivateKey.makeP256()
        let body = Array(Self.body(#"{"a":"1"}"#, key.publicKey).utf8)
        let good = try key.sign(body)
        #expect(try await Self.send(client, body, signature: nil).refusal == "missing request signature header")
        #expect(try await Self.send(client, body, signature: "").refusal == "missing request signature header")
        let foreign = try PrivateKey.makeP256().sign(body)
        var flipped = good
        flipped[flipped.count - 1] ^= 1
        let encoded = Base64.encode(good)
        let forged = [
            Base64.encode(foreign), Base64.encode(flipped), Base64.encode(good.dropLast()), Base64.encode(good + [0]),
            "!", "=", String(repeating: "A", count: 4000), encoded.dropLast() + "\n=", Base64.encode([]),
        ]
        for signature in forged {
            let answer = try await Self.send(client, body, signature: String(signature))
            #expect([.unauthorized, .badRequest].contains(answer.status), "\(signature)")
            #expect(answer.refusal?.contains("signature") == true, "\(signature)")
        }
        #expect(try await client.rooms.devices.deviceCounts().isEmpty)
        #expect(try await Self.send(client, body, signature: encoded).refusal == "dev auth: unauthorized")
        #expect(try await client.rooms.devices.deviceCounts() == [.pending: 1])
    }

    @Test func whiteSpaceKeyOrderAndUnknownMembers_AreTheSameDevice() async throws {
        let client = try await ManagementClient()
        let key = try PrivateKey.makeP256()
        let pem = String(decoding: JSONValue.string(key.publicKey.pem()).encoded(), as: UTF8.self)
        let bodies = [
            #"{"id_data":"{\"b\":\"2\",\"a\":{\"y\":1,\"x\":[1,2]}}","pubkey":\#(pem)}"#,
            #" { "pubkey" : \#(pem) , "tier":"micro", "id_data" : "{ \"a\" : {\"x\":[1, 2],\"y\":1}, \"b\":\"2\"}" } "#
                + "\r\n",
            #"{"more":[{"deep":null}],"tenant_token":null,"id_data":"{\"a\":{\"x\":[1,2],\"y\":1},\"b\":\"2\"}","pubkey":\#(pem)}"#,
        ]
        for body in bodies {
            let bytes = Array(body.utf8)
            for authorization in ["Bearer", "API_KEY", "Bearer nonsense", ""] {
                var headers: HTTPFields = [:]
                if !authorization.isEmpty { headers[.authorization] = authorization }
                let answer = try await Self.send(
                    client, bytes, signature: Base64.encode(try key.sign(bytes)), headers: headers)
                #expect(answer.refusal == "dev auth: unauthorized", "\(body)")
            }
        }
        let devices = try await client.devices(ManagementClient.socket)
        #expect(devices.count == 1)
        #expect(devices.first?["auth_sets"]?.array?.count == 1)
        #expect(
            devices.first?["identity_data"]?.encoded()
                == Array(#"{"a":{"x":[1,2],"y":1},"b":"2"}"#.utf8))
    }

    @Test func identityWithANumberNobodyCanRead_IsRefused_EverywhereItComesIn() async throws {
        let client = try await ManagementClient()
        let key = try PrivateKey.makeP256()
        for identity in [#"{"sn":"A","n":1e400}"#, #"{"sn":"A","n":[{"m":-1e999}]}"#] {
            let body = Array(Self.body(identity, key.publicKey).utf8)
            #expect(try await UpdateDevice.ask(client.rig.network, body, signedBy: key).status == .badRequest)
            let pem = String(decoding: JSONValue.string(key.publicKey.pem()).encoded(), as: UTF8.self)
            let preauthorized = try await client.send(
                .post, "v2/devauth/devices", #"{"identity_data":\#(identity),"pubkey":\#(pem)}"#,
                token: ManagementClient.socket)
            #expect(preauthorized.status == .badRequest)
        }
        #expect(try await client.send(.get, "v2/devauth/devices", token: ManagementClient.socket).json == .array([]))
    }

    @Test func nameTwiceInTheIdentity_TheLastCounts_AsInTheOriginal() async throws {
        let client = try await ManagementClient()
        let key = try PrivateKey.makeP256()
        for identity in [#"{"sn":"A","sn":"B"}"#, #"{"sn":"B"}"#] {
            let body = Array(Self.body(identity, key.publicKey).utf8)
            let answer = try await UpdateDevice.ask(client.rig.network, body, signedBy: key)
            #expect(answer.refusal == "dev auth: unauthorized")
        }
        let devices = try await client.send(.get, "v2/devauth/devices", token: ManagementClient.socket).json.array
        #expect(devices?.map { $0["identity_data"] } == [.object([.init("sn", .string("B"))])])
    }

    @Test func hostileIdentity_IsKeptAsText() async throws {
        let client = try await ManagementClient()
        let token = ManagementClient.socket
        let identities = [
            #"{"mac":"<script>alert(1)</script>"}"#, #"{"a":"\u0000\u001b[31m\u202e"}"#, #"{"":""}"#,
            #"{"a":"\ud800"}"#, #"{"a":"ÄÖ 中 🎉"}"#, #"{"a":1e300,"b":-0,"c":[[[]]],"d":true,"e":null}"#,
        ]
        for identity in identities {
            let key = try PrivateKey.makeP256()
            let body = Array(Self.body(identity, key.publicKey).utf8)
            let answer = try await UpdateDevice.ask(client.rig.network, body, signedBy: key)
            #expect(answer.refusal == "dev auth: unauthorized", "\(identity)")
        }
        let answer = try await client.send(.get, "v2/devauth/devices", token: token)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.json.array?.count == identities.count)
        #expect(!answer.body.contains { $0 < 0x20 && $0 != 0x0A })
    }

    @Test func deepLongOrManyValuedJSON_IsRefusedWithoutAMark() async throws {
        let client = try await ManagementClient()
        let key = try PrivateKey.makeP256()
        let deep = String(repeating: "[", count: 500_000) + String(repeating: "]", count: 500_000)
        let rows: [(String, HTTPResponse.Status)] = [
            (#"{"id_data":\#(deep)}"#, .contentTooLarge),
            (#"{"id_data":\#(deep.prefix(20_000))}"#, .badRequest),
            (
                Self.body(
                    #"{"a":\#(String(repeating: "[", count: 3000) + String(repeating: "]", count: 3000))}"#,
                    key.publicKey), .badRequest
            ),
            (Self.body(#"{"a":"\#(String(repeating: "x", count: 9000))"}"#, key.publicKey), .badRequest),
            (
                Self.body("{" + (0..<500).map { #""k\#($0)":1"# }.joined(separator: ",") + "}", key.publicKey),
                .badRequest
            ),
            (Self.body(#"{"a":"b"}"#, key.publicKey) + String(repeating: " ", count: 70_000), .contentTooLarge),
        ]
        for (body, status) in rows {
            let answer = try await UpdateDevice.ask(client.rig.network, Array(body.utf8), signedBy: key)
            #expect(answer.status == status, "\(body.prefix(80))")
            #expect(answer.refusal != nil)
        }
        #expect(try await client.rooms.devices.deviceCounts().isEmpty)
    }

    @Test func answer_RepeatsTheRequestNumber_OrMakesOne() async throws {
        let client = try await ManagementClient()
        let name = try #require(HTTPField.Name("X-MEN-RequestID"))
        let given = try await Self.send(client, [], signature: nil, headers: [name: "abc-1"])
        #expect(given.headers[name] == "abc-1")
        #expect(given.json["request_id"]?.string == "abc-1")
        for bad in ["", "a b", String(repeating: "a", count: 65), "<x>"] {
            let answer = try await Self.send(client, [], signature: nil, headers: [name: bad])
            #expect(answer.headers[name].map(UniqueID.isValid) == true)
        }
    }

    // MARK: - Section 4

    @Test func token_HasTheClaims_AndIsTheOnlyOne() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let client = try await ManagementClient(clock: clock)
        let operatorToken = ManagementClient.socket
        let device = try await client.accepted(#"{"mac":"1"}"#, operatorToken)
        let shown = try await client.device(#"{"mac":"1"}"#, operatorToken)
        let parts = device.token.split(separator: ".").map { Base64URL.decode(String($0)) ?? [] }
        let claims = try JSONValue(parsing: parts[1])
        #expect(try JSONValue(parsing: parts[0])["typ"]?.string == "JWT")
        #expect(claims["sub"] == shown["id"])
        #expect(claims["jti"] == shown["auth_sets"]?.array?.first?["id"])
        #expect(claims["iss"]?.string == "Mender")
        #expect(claims["exp"]?.integer == clock.now + 604_800)
        #expect(claims["mender.device"]?.bool == true)
        #expect(claims["mender.trial"]?.bool == false)
        let first = device.token
        try await device.authenticate()
        #expect(device.token != first)
        #expect(try await device.isIn())
        device.token = first
        #expect(try await !device.isIn())
    }

    @Test func token_EndsWithItsTime_AndSurvivesAClockSetBack() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let client = try await ManagementClient(clock: clock)
        let device = try await client.accepted(#"{"mac":"1"}"#, ManagementClient.socket)
        clock.advance(by: 604_799)
        #expect(try await device.isIn())
        clock.advance(by: 1)
        #expect(try await !device.isIn())
        #expect(try await device.authenticate().status == .ok)
        clock.advance(by: -20_000_000)
        #expect(try await device.isIn())
        #expect(try await device.authenticate().status == .ok)
        #expect(try await device.isIn())
    }

    @Test func tokensOfPeopleAndDevices_AreNotExchanged() async throws {
        let client = try await ManagementClient()
        let token = try await client.person("op", .admin)
        let device = try await client.accepted(#"{"mac":"1"}"#, token)
        #expect(try await client.send(.get, "v2/devauth/devices", token: device.token).status == .unauthorized)
        #expect(try await client.send(.get, "v2/devauth/devices", token: token).status == .ok)
        let own = device.token
        var altered = Array(own.utf8)
        altered[altered.count - 10] ^= 1
        for bad in [
            token, "", "x", own + "x", String(own.dropLast()), String(decoding: altered, as: UTF8.self),
            String(repeating: "a", count: 100_000),
        ] {
            device.token = bad
            let answer = try await device.next()
            #expect(answer.status == .unauthorized)
            #expect(answer.refusal != nil)
        }
    }

    @Test func schemeOfTheToken_HasNoCase() async throws {
        let client = try await ManagementClient()
        let device = try await client.accepted(#"{"mac":"1"}"#, ManagementClient.socket)
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let answer = try await client.rig.network.send(
                .get, "/api/devices/v1/deployments/device/deployments/next?artifact_name=a&device_type=b",
                headers: [.authorization: "\(scheme) \(device.token)"])
            #expect(answer.status == .noContent)
        }
    }

    @Test func tooManyRequestsOfAnAddress_AreSentAway_ForAWhile() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let client = try await ManagementClient(clock: clock) { $0.mender.authenticationsPerMinute = 3 }
        let device = try UpdateDevice(client, #"{"mac":"1"}"#)
        for _ in 0..<3 { #expect(try await device.authenticate().status == .unauthorized) }
        let answer = try await device.authenticate()
        #expect(answer.status == .tooManyRequests)
        #expect(answer.headers[.retryAfter].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
        device.peer = Peer(address: "192.0.2.99")
        #expect(try await device.authenticate().status == .unauthorized)
        device.peer = Peer(address: "192.0.2.7")
        clock.advance(by: 60)
        #expect(try await device.authenticate().status == .unauthorized)
    }
}
