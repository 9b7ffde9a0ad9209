import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
import Journal
internal import JournalTestSupport
import MenderServer
import PKI
internal import RecordTestSupport
internal import Rooms
internal import RouteTestSupport
import Testing

/// docs/protocols/mender.md 5 and 12.2, row by row: what an operator does with devices and their keys.
@Suite struct DeviceLifeTests {
    private static let identity = DevauthSite.identity

    /// A hub with a person who may change things.
    private typealias Site = DevauthSite

    // MARK: - Changes of state

    /// Every change from every state; 204 also for the state it has, which changes nothing.
    @Test(arguments: [
        ("pending", "pending", 204), ("pending", "accepted", 204), ("pending", "rejected", 204),
        ("accepted", "pending", 204), ("accepted", "accepted", 204), ("accepted", "rejected", 204),
        ("rejected", "pending", 204), ("rejected", "accepted", 204), ("rejected", "rejected", 204),
        ("preauthorized", "pending", 400), ("preauthorized", "accepted", 400), ("preauthorized", "rejected", 400),
        ("pending", "preauthorized", 400), ("pending", "nonsense", 400), ("pending", "", 400),
    ])
    func change_IsLegalOrNot(_ from: String, _ to: String, _ status: Int) async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        if from == "preauthorized" {
            #expect(try await site.preauthorise(Self.identity, device.key.publicKey).status == .created)
        } else {
            try await device.authenticate()
            if from != "pending" { try await site.set(from) }
        }
        let before = try await site.device()
        #expect(before["status"]?.string == from)
        let audited = try await site.client.rooms.journal.auditEvents(before: nil, subject: nil, limit: 100).count
        let answer = try await site.set(to)
        #expect(answer.status.code == status, "\(answer.text)")
        let after = try await site.device()
        #expect(after["status"]?.string == (status == 204 ? to : from))
        if from == to || status == 400 {
            #expect(after == before)
            #expect(
                try await site.client.rooms.journal.auditEvents(before: nil, subject: nil, limit: 100).count
                    == audited)
        }
        let gets = try await device.authenticate().status == .ok
        #expect(gets == (after["status"]?.string == "accepted" || from == "preauthorized"))
    }

    @Test func acceptedKey_IsReplacedByAnother_AndItsTokenEnds() async throws {
        let site = try await Site()
        let first = try await site.client.accepted(Self.identity, site.token)
        let second = try UpdateDevice(site.client, Self.identity)
        #expect(try await second.authenticate().status == .unauthorized)
        #expect(try await site.statuses() == ["accepted", "pending"])
        #expect(try await first.isIn())
        let id = try await site.device()["id"]
        try await site.set("accepted", key: 1)
        #expect(try await site.statuses() == ["rejected", "accepted"])
        #expect(try await !first.isIn())
        #expect(try await first.authenticate().status == .unauthorized)
        #expect(try await second.authenticate().status == .ok)
        #expect(try await site.device()["id"] == id)
    }

    @Test func sameKeyWithAnotherIdentity_IsAnotherDevice() async throws {
        let site = try await Site()
        let first = try UpdateDevice(site.client, Self.identity)
        let second = try UpdateDevice(site.client, #"{"mac":"2"}"#, key: first.key)
        try await first.authenticate()
        try await second.authenticate()
        try await site.set("accepted")
        #expect(try await first.authenticate().status == .ok)
        #expect(try await second.authenticate().status == .unauthorized)
        #expect(try await site.device()["id"] != site.device(#"{"mac":"2"}"#)["id"])
    }

    @Test(arguments: ["rejected", "pending", "deleted", "token", "decommissioned"])
    func acceptedDevice_LosesItsTokenAtOnce(_ way: String) async throws {
        let site = try await Site()
        let device = try await site.client.accepted(Self.identity, site.token)
        let shown = try await site.device()
        let id = try #require(shown["id"]?.string)
        let set = try #require(shown["auth_sets"]?.array?.first?["id"]?.string)
        let answer =
            switch way {
            case "deleted": try await site.send(.delete, "devices/\(id)/auth/\(set)")
            case "token": try await site.send(.delete, "tokens/\(set)")
            case "decommissioned": try await site.send(.delete, "devices/\(id)")
            default: try await site.set(way)
            }
        #expect(answer.status == .noContent)
        #expect(try await !device.isIn())
        #expect(try await device.authenticate().status == (way == "token" ? .ok : .unauthorized))
        #expect(try await device.isIn() == (way == "token"))
        if way == "decommissioned" {
            // It comes back as another device that waits.
            let again = try await site.device()
            #expect(again["id"]?.string != id)
            #expect(again["status"]?.string == "pending")
            #expect(try await site.send(.get, "devices/\(id)").status == .notFound)
        }
    }

    // MARK: - Preauthorisation

    @Test func preauthorisedKey_IsAcceptedAtItsFirstRequest() async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        let answer = try await site.preauthorise(Self.identity, device.key.publicKey)
        #expect(answer.status == .created)
        let id = try #require(try await site.device()["id"]?.string)
        #expect(answer.headers[.location] == "devices/\(id)")
        // Somebody else's key is not.
        let other = try UpdateDevice(site.client, Self.identity)
        #expect(try await other.authenticate().status == .unauthorized)
        #expect(try await device.authenticate().status == .ok)
        #expect(try await device.isIn())
        #expect(try await site.device()["status"]?.string == "accepted")
    }

    @Test func preauthorising_AKnownIdentity_NeedsForce() async throws {
        let site = try await Site()
        let device = try await site.client.accepted(Self.identity, site.token)
        let new = try UpdateDevice(site.client, Self.identity)
        let refused = try await site.preauthorise(#"{ "mac" : "02:00:00:00:00:01" }"#, new.key.publicKey)
        #expect(refused.status == .conflict)
        #expect(try await site.device() == refused.json)
        let forced = try await site.preauthorise(Self.identity, new.key.publicKey, force: true)
        #expect(forced.status == .created)
        #expect(try await site.statuses() == ["accepted", "preauthorized"])
        #expect(try await site.device()["status"]?.string == "accepted")
        #expect(try await device.isIn())
        #expect(try await new.authenticate().status == .ok)
        #expect(try await site.statuses() == ["rejected", "accepted"])
        #expect(try await !device.isIn())
        // Forcing the key that is accepted changes nothing.
        #expect(try await site.preauthorise(Self.identity, new.key.publicKey, force: true).status == .created)
        #expect(try await new.isIn())
    }

    @Test func preauthorisingByForce_BringsARejectedDeviceBack() async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        try await device.authenticate()
        try await site.set("rejected")
        #expect(try await site.preauthorise(Self.identity, device.key.publicKey, force: true).status == .created)
        #expect(try await site.device()["status"]?.string == "preauthorized")
        #expect(try await device.authenticate().status == .ok)
    }

    private static let preauthorisingRows: [String] = [
        "", "[]", "{}", #"{"identity_data":{"a":1}}"#, #"{"pubkey":"x"}"#, #"{"identity_data":{},"pubkey":"KEY"}"#,
        #"{"identity_data":"a","pubkey":"KEY"}"#, #"{"identity_data":[1],"pubkey":"KEY"}"#,
        #"{"identity_data":{"a":1},"pubkey":"nonsense"}"#,
    ]

    @Test func preauthorising_Nonsense_IsRefused() async throws {
        let site = try await Site()
        let pem = try PrivateKey.makeP256().publicKey.pem().split(separator: "\n").joined(separator: "\\n") + "\\n"
        for body in Self.preauthorisingRows {
            let answer = try await site.send(.post, "devices", body.replacing("KEY", with: pem))
            #expect(answer.status == .badRequest)
            #expect(answer.refusal != nil)
            #expect(try await site.client.rooms.devices.deviceCounts().isEmpty)
        }
    }

    // MARK: - Limits

    @Test func deviceLimit_CountsDevicesThatAreIn() async throws {
        let site = try await Site { $0.limits.devices.acceptedDevices = 2 }
        #expect(try await site.send(.get, "limits/max_devices").json["limit"]?.integer == 2)
        let first = try await site.client.accepted(#"{"mac":"1"}"#, site.token)
        _ = try await site.client.accepted(#"{"mac":"2"}"#, site.token)
        let third = try UpdateDevice(site.client, #"{"mac":"3"}"#)
        try await third.authenticate()
        let refused = try await site.set("accepted", of: #"{"mac":"3"}"#)
        #expect(refused.status == .unprocessableContent)
        #expect(refused.refusal == "maximum number of accepted devices reached")
        // Another key of a device that is in is no further device.
        let rekeyed = try UpdateDevice(site.client, #"{"mac":"1"}"#)
        try await rekeyed.authenticate()
        #expect(try await site.set("accepted", key: 1, of: #"{"mac":"1"}"#).status == .noContent)
        #expect(try await rekeyed.authenticate().status == .ok)
        #expect(try await first.authenticate().status == .unauthorized)
        // Preauthorised ones wait for room as well.
        let fourth = try UpdateDevice(site.client, #"{"mac":"4"}"#)
        #expect(try await site.preauthorise(#"{"mac":"4"}"#, fourth.key.publicKey).status == .created)
        #expect(try await fourth.authenticate().status == .unauthorized)
        // A device that the operator shut out by its record makes room.
        let second = try #require(try await site.device(#"{"mac":"2"}"#)["id"]?.string)
        let record = try #require(try await site.client.rooms.identities.identity(second))
        try await site.client.rig.issuer.reject(deviceID: record.deviceID, by: .hub)
        #expect(try await fourth.authenticate().status == .ok)
        #expect(try await site.set("accepted", of: #"{"mac":"3"}"#).status == .unprocessableContent)
    }

    @Test func deviceLimitOfZero_AcceptsNobody() async throws {
        let site = try await Site { $0.limits.devices.acceptedDevices = 0 }
        try await UpdateDevice(site.client, Self.identity).authenticate()
        #expect(try await site.set("accepted").status == .unprocessableContent)
    }

    @Test(.timeLimit(.minutes(3)))
    func inventedIdentities_OfOneAddress_AreBounded() async throws {
        let site = try await Site { $0.mender.authenticationsPerMinute = 0 }
        let key = try PrivateKey.makeP256()
        for number in 0..<10_000 {
            // The signature was checked: what comes behind it is meant here.
            let request = AuthenticationRequest(
                identity: #"{"mac":"\#(number)"}"#, publicKey: key.publicKey, tier: "standard", certifiedDeviceID: nil,
                address: "192.0.2.66")
            #expect(try await site.client.rooms.identities.authenticate(request) == nil)
        }
        let bound = RoomLimits().devices.pendingPerAddress
        #expect(try await site.send(.get, "devices/count?status=pending").json["count"]?.integer == Int64(bound))
        #expect(try await site.client.rooms.devices.deviceCounts() == [.pending: bound])
        // Another address is still heard.
        try await UpdateDevice(site.client, Self.identity).authenticate()
        #expect(try await site.device()["status"]?.string == "pending")
    }

    @Test func keysOfOneIdentity_AreBounded() async throws {
        let site = try await Site()
        let device = try await site.client.accepted(Self.identity, site.token)
        for _ in 0..<40 { try await UpdateDevice(site.client, Self.identity).authenticate() }
        #expect(try await site.statuses().count == 16)
        #expect(try await device.isIn())
        #expect(try await device.authenticate().status == .ok)
    }

    /// However many identities: their keys together are bounded, and the first key of a new one is heard.
    @Test func keysOfAllIdentities_AreBounded() async throws {
        let site = try await Site {
            $0.mender.authenticationsPerMinute = 0
            $0.limits.devices.pendingTotal = 4
        }
        for number in 0..<3 {
            for _ in 0..<12 { try await UpdateDevice(site.client, #"{"mac":"\#(number)"}"#).authenticate() }
        }
        let devices = try await site.client.devices(site.token)
        #expect(devices.compactMap { $0["auth_sets"]?.array?.count }.sorted() == [1, 1, 8])
    }

    /// An identity that waits is a waiting device: the newest of the most crowded source makes room, with its keys.
    @Test func identityThatIsAloneAtItsAddress_IsSeenInAFlood() async throws {
        let site = try await Site { $0.limits.devices.pendingTotal = 5 }
        let key = try PrivateKey.makeP256().publicKey
        for number in 0..<20 {
            let request = AuthenticationRequest(
                identity: #"{"mac":"\#(number)"}"#, publicKey: key, tier: "standard", certifiedDeviceID: nil,
                address: "198.51.100.\(number / 10)")
            #expect(try await site.client.rooms.identities.authenticate(request) == nil)
        }
        try await UpdateDevice(site.client, Self.identity).authenticate()
        #expect(try await site.device()["status"]?.string == "pending")
        #expect(try await site.client.devices(site.token).count == 5)
        #expect(try await site.client.rooms.devices.deviceCounts() == [.pending: 5])
    }

    @Test func firstRequestsAtOnce_MakeOneDevice() async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        let request = AuthenticationRequest(
            identity: device.identity, publicKey: device.key.publicKey, tier: "standard", certifiedDeviceID: nil,
            address: "192.0.2.7")
        let rooms = site.client.rooms
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try? await rooms.identities.authenticate(request) } }
        }
        #expect(try await rooms.devices.deviceCounts() == [.pending: 1])
        #expect(try await site.client.devices(site.token).count == 1)
    }

    @Test func waitingDevice_IsForgottenAfterADay_UnlessItWasPreauthorised() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let site = try await Site(clock: clock)
        let expected = try UpdateDevice(site.client, #"{"mac":"expected"}"#)
        #expect(try await site.preauthorise(expected.identity, expected.key.publicKey).status == .created)
        let asking = try UpdateDevice(site.client, #"{"mac":"asking"}"#)
        try await asking.authenticate()
        let silent = try UpdateDevice(site.client, #"{"mac":"silent"}"#)
        try await silent.authenticate()
        let accepted = try await site.client.accepted(#"{"mac":"in"}"#, site.token)
        clock.advance(by: 80_000)
        try await asking.authenticate()
        clock.advance(by: 7_000)
        try await site.client.rooms.devices.removeForgottenPending()
        let left = try await site.client.devices(site.token).compactMap { $0["identity_data"]?["mac"]?.string }
        #expect(Set(left) == ["expected", "asking", "in"])
        #expect(try await expected.authenticate().status == .ok)
        #expect(try await accepted.isIn())
    }

    // MARK: - Rows of 12.2

    @Test func unknownDevicesAndKeys_AreNotFound() async throws {
        let site = try await Site()
        try await UpdateDevice(site.client, Self.identity).authenticate()
        let id = try #require(try await site.device()["id"]?.string)
        let rows: [(HTTPRequest.Method, String, String)] = [
            (.get, "devices/nonsense", ""), (.get, "devices/\(UniqueID.make())", ""),
            (.delete, "devices/\(UniqueID.make())", ""), (.get, "devices/\(id)/auth/x/status", ""),
            (.get, "devices/x/auth/x/status", ""), (.put, "devices/\(id)/auth/x/status", #"{"status":"accepted"}"#),
            (.delete, "devices/\(id)/auth/x", ""), (.delete, "tokens/x", ""),
        ]
        for (method, path, body) in rows {
            let answer = try await site.send(method, path, body)
            #expect(answer.status == .notFound, "\(method) \(path)")
            #expect(answer.refusal != nil, "\(method) \(path)")
        }
    }

    @Test func listings_ArePagedAndFiltered() async throws {
        let site = try await Site()
        for number in 0..<5 { try await UpdateDevice(site.client, #"{"n":"\#(number)"}"#).authenticate() }
        try await site.set("accepted", of: #"{"n":"0"}"#)
        try await site.set("rejected", of: #"{"n":"1"}"#)
        let keyless = try await site.device(#"{"n":"2"}"#)
        let id = try #require(keyless["id"]?.string)
        let set = try #require(keyless["auth_sets"]?.array?.first?["id"]?.string)
        #expect(try await site.send(.delete, "devices/\(id)/auth/\(set)").status == .noContent)

        func names(_ query: String) async throws -> Set<String> {
            Set(try await site.client.devices(site.token, query).compactMap { $0["identity_data"]?["n"]?.string })
        }
        #expect(try await names("?status=accepted") == ["0"])
        #expect(try await names("?status=rejected") == ["1"])
        #expect(try await names("?status=pending") == ["3", "4"])
        #expect(try await names("?status=noauth") == ["2"])
        #expect(try await names("?status=noauth&status=accepted") == ["0", "2"])
        #expect(try await names("?id=\(id)") == ["2"])
        #expect(try await names("?id=\(id)&status=accepted") == [])
        #expect(try await site.send(.get, "devices/count").json["count"]?.integer == 5)
        #expect(try await site.send(.get, "devices/count?status=noauth").json["count"]?.integer == 1)
        #expect(try await site.send(.get, "devices?status=x").status == .badRequest)
        #expect(
            try await site.send(.post, "devices/search", #"{"status":["accepted","rejected"],"id":[]}"#).json.array?
                .count
                == 2)

        let page = try await site.send(.get, "devices?page=2&per_page=2&status=")
        #expect(page.json.array?.count == 2)
        let link = try #require(page.field("Link"))
        for relation in ["first", "prev", "next"] { #expect(link.contains(#"rel="\#(relation)""#)) }
        #expect(link.hasPrefix("</api/management/v2/devauth/devices?"))
        let last = try await site.send(.get, "devices?page=3&per_page=2")
        #expect(last.json.array?.count == 1)
        #expect(last.field("Link")?.contains("next") == false)
        for bad in [
            "per_page=501", "per_page=0", "page=0", "page=-1", "page=x", "page=99999999999999999999",
            "page=9223372036854775807",
        ] {
            #expect(try await site.send(.get, "devices?\(bad)").status == .badRequest, "\(bad)")
        }
        #expect(
            try await site.send(.get, "devices?per_page=501").refusal
                == #"parameter "per_page" above limit (max: 500)"#)
    }
}
