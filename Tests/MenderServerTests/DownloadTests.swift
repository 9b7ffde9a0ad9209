import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import RouteTestSupport
import Synchronization
import Testing
import Updates

/// docs/protocols/mender.md 7.2: links carry their own authority, lengths are exact, downloads go on where they broke.
@Suite struct DownloadTests {
    /// A device with instructions, and the link in them.
    private struct Site {
        let site: UpdateSite
        let device: UpdateDevice
        let bytes: [UInt8]
        let path: String
        let deployment: String

        init(clock: ManualClock? = nil, size: Int = 300_000) async throws {
            site = try await UpdateSite(clock: clock)
            device = try await site.device()
            bytes = try UpdateSite.artifact("rel-1", size: size)
            try await site.upload(bytes)
            deployment = try await site.deploy("rel-1", to: [device])
            path = try Self.path(try await device.next())
        }

        static func path(_ answer: RouteClient.Answer) throws -> String {
            let uri = try #require(answer.json["artifact"]?["source"]?["uri"]?.string)
            return String(uri[try #require(uri.firstRange(of: "/api/")).lowerBound...])
        }

        func get(
            _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get, path: String? = nil
        ) async throws -> RouteClient.Answer {
            try await site.rig.network.send(method, path ?? self.path, headers: headers)
        }
    }

    @Test func link_GivesTheWholeArtifact_WithoutToken() async throws {
        let site = try await Site()
        let answer = try await site.get([.acceptEncoding: "gzip"])
        #expect(answer.status == .ok)
        #expect(answer.body == site.bytes)
        #expect(answer.headers[.contentLength] == "\(site.bytes.count)")
        #expect(answer.headers[.contentType] == "application/vnd.mender-artifact")
        #expect(answer.headers[.acceptRanges] == "bytes")
        #expect(answer.headers[.contentEncoding] == nil)
        #expect(answer.headers[.eTag] != nil)
        #expect(!site.path.contains(site.device.token))
        let head = try await site.get(method: .head)
        #expect(head.status == .ok)
        #expect(head.body.isEmpty)
        #expect(head.headers[.contentLength] == "\(site.bytes.count)")
        #expect(site.site.rig.updates.downloads.count == 0)
    }

    @Test func everyFormOfRange_IsAnswered() async throws {
        let site = try await Site()
        let size = site.bytes.count
        let parts: [(String, Range<Int>)] = [
            ("bytes=0-", 0..<size), ("bytes=100-", 100..<size), ("bytes=100-199", 100..<200), ("bytes=0-0", 0..<1),
            ("bytes=\(size - 1)-", size - 1..<size), ("bytes=100-\(size * 2)", 100..<size),
            ("bytes=-10", size - 10..<size), ("bytes=-\(size * 2)", 0..<size),
            ("bytes=5-9223372036854775807", 5..<size),
        ]
        for (range, wanted) in parts {
            let answer = try await site.get([.range: range])
            #expect(answer.status == .partialContent, "\(range)")
            #expect(answer.body == Array(site.bytes[wanted]), "\(range)")
            #expect(
                answer.headers[.contentRange] == "bytes \(wanted.lowerBound)-\(wanted.upperBound - 1)/\(size)",
                "\(range)")
            #expect(answer.headers[.contentLength] == "\(wanted.count)", "\(range)")
            let head = try await site.get([.range: range], method: .head)
            #expect(head.status == .partialContent)
            #expect(head.headers[.contentLength] == "\(wanted.count)")
        }
        for range in ["bytes=\(size)-", "bytes=\(size + 5)-\(size + 10)", "bytes=-0"] {
            let answer = try await site.get([.range: range])
            #expect(answer.status == .rangeNotSatisfiable, "\(range)")
            #expect(answer.headers[.contentRange] == "bytes */\(size)", "\(range)")
        }
        for range in [
            "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=--1",
            "bytes=+1-2", "bytes=1 -2", String(repeating: "9", count: 1000),
        ] {
            let answer = try await site.get([.range: range])
            #expect(answer.status == .ok, "\(range)")
            #expect(answer.body.count == size, "\(range)")
        }
    }

    @Test func ifRange_WithAnotherTag_GetsTheWhole() async throws {
        let site = try await Site()
        let tag = try #require(try await site.get(method: .head).headers[.eTag])
        #expect(try await site.get([.range: "bytes=5-", .ifRange: tag]).status == .partialContent)
        for other in ["\"x\"", "W/" + tag, "Sat, 21 Nov 2026 00:00:00 GMT"] {
            let answer = try await site.get([.range: "bytes=5-", .ifRange: other])
            #expect(answer.status == .ok)
            #expect(answer.body.count == site.bytes.count)
        }
    }

    @Test func alteredLink_IsForbidden() async throws {
        let site = try await Site()
        let other = try await site.site.upload(try UpdateSite.artifact("rel-2"))
        let number = try #require(site.path.split(separator: "?").first?.split(separator: "/").last)
        let query = try #require(site.path.split(separator: "?").last)
        let second = try await site.site.device(2)
        let secondID = try await #require(
            try site.site.client.rooms.identities.session(deviceToken: second.token)?.deviceID)
        let firstID = try #require(
            try await site.site.client.rooms.identities.session(deviceToken: site.device.token)?.deviceID)
        let expiry = try #require(query.split(separator: "&").first { $0.hasPrefix("expire=") })
        let signature = try #require(query.split(separator: "&").first { $0.hasPrefix("sig=") })
        var flipped = Array(signature.utf8)
        flipped[10] = flipped[10] == 0x41 ? 0x42 : 0x41
        let bad = [
            site.path.replacing(number, with: other), site.path.replacing(firstID, with: secondID),
            site.path.replacing("device=\(firstID)", with: "device="),
            site.path.replacing(expiry, with: "expire=9999999999"),
            site.path.replacing(expiry, with: "expire=x"), site.path.replacing(expiry, with: "expire=-1"),
            site.path.replacing(signature, with: String(decoding: flipped, as: UTF8.self)),
            site.path.replacing(signature, with: "sig="),
            site.path.replacing(signature, with: "sig=" + String(repeating: "A", count: 5000)),
            site.path.replacing("/artifact/", with: "/configuration/"), String(site.path.split(separator: "?")[0]),
            site.path.replacing(number, with: "nonsense"), site.path.replacing(number, with: "..%2f..%2fhub.db"),
        ]
        for path in bad {
            #expect(path != site.path)
            let answer = try await site.get(path: path)
            #expect(answer.status == .forbidden, "\(path)")
            #expect(answer.refusal != nil)
        }
        #expect(try await site.get().status == .ok)
    }

    @Test func link_EndsWithItsTime_AndEachAnswerHasAFreshOne() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let site = try await Site(clock: clock)
        clock.advance(by: 86_399)
        #expect(try await site.get().status == .ok)
        let fresh = try Site.path(try await site.device.next())
        clock.advance(by: 1)
        #expect(try await site.get().status == .forbidden)
        #expect(try await site.get(path: fresh).status == .ok)
    }

    @Test func linkOfAnOperator_LastsAQuarterOfAnHour() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let site = try await UpdateSite(clock: clock)
        let bytes = try UpdateSite.artifact("rel-1")
        let id = try await site.upload(bytes)
        let answer = try await site.send(.get, "v1/deployments/artifacts/\(id)/download")
        let uri = try #require(answer.json["uri"]?.string)
        let path = String(uri[try #require(uri.firstRange(of: "/api/")).lowerBound...])
        #expect(answer.json["expire"]?.string == RFC3339.text(clock.now + 900))
        #expect(try await site.rig.network.send(.get, path).body == bytes)
        clock.advance(by: 900)
        #expect(try await site.rig.network.send(.get, path).status == .forbidden)
    }

    @Test(arguments: ["reject", "revoke", "remove", "mender", "decommission"])
    func linkOfADeviceThatIsShutOut_EndsAtOnce(_ way: String) async throws {
        let site = try await Site()
        let record = try #require(
            try await site.site.client.rooms.identities.session(deviceToken: site.device.token)?.deviceID)
        try await Self.shutOut(site, record, way)
        #expect(try await site.get().status == .forbidden)
        #expect(try await site.get(method: .head).status == .forbidden)
    }

    @Test(arguments: ["reject", "remove", "mender"])
    func downloadUnderWay_EndsInTheMiddle(_ way: String) async throws {
        let site = try await Site(size: 3_000_000)
        let record = try #require(
            try await site.site.client.rooms.identities.session(deviceToken: site.device.token)?.deviceID)
        let got = Mutex(0)
        let rig = site.site.rig
        let isFirst = Mutex(true)
        let path = site.path
        // Only values cross to the body's writer.
        let (client, token, identity) = (site.site.client, site.site.token, site.device.identity)
        await #expect(throws: (any Error).self) {
            try await rig.network.send(.get, path) { count in
                got.withLock { $0 += count }
                guard
                    isFirst.withLock({ was in
                        defer { was = false }; return was
                    })
                else { return }
                #expect(rig.updates.downloads.count == 1)
                let issuer = rig.issuer
                switch way {
                case "reject": try await issuer.reject(deviceID: record, by: .hub)
                case "remove": try await issuer.remove(deviceID: record, by: .hub)
                default: try await client.set("rejected", of: try await client.device(identity, token), token)
                }
            }
        }
        #expect(got.withLock { $0 } < 1_000_000)
        #expect(rig.updates.downloads.count == 0)
    }

    @Test func lostPeer_LeavesNothingBehind() async throws {
        let site = try await Site()
        struct Lost: Error {}
        let rig = site.site.rig
        let path = site.path
        await #expect(throws: Lost.self) {
            try await rig.network.send(.get, path) { _ in throw Lost() }
        }
        #expect(rig.updates.downloads.count == 0)
    }

    private static func shutOut(_ site: Site, _ record: String, _ way: String) async throws {
        let issuer = site.site.rig.issuer
        let client = site.site.client
        let shown = try await client.device(site.device.identity, site.site.token)
        switch way {
        case "reject": try await issuer.reject(deviceID: record, by: .hub)
        case "revoke": try await issuer.revoke(deviceID: record, reason: .keyCompromise, by: .hub)
        case "remove": try await issuer.remove(deviceID: record, by: .hub)
        case "mender": try await client.set("rejected", of: shown, site.site.token)
        default:
            let id = try #require(shown["id"]?.string)
            _ = try await site.site.send(.delete, "v2/devauth/devices/\(id)")
        }
    }

    // MARK: - Configurations

    @Test(arguments: [
        ("", 200), (" \n", 200), ("{}", 200), (#"{"retries":null}"#, 200), (#"{"retries":1}"#, 200),
        (#"{"retries":"1"}"#, 400), (#"{"retries":101}"#, 400), ("{", 400),
    ])
    func configuration_IsDeployed_WithOrWithoutABody(_ body: String, _ status: Int) async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        let path = "v1/deviceconfig/configurations/device/\(try await site.id(device))/deploy"
        let answer = try await site.send(.post, path, body)
        #expect(answer.status.code == status)
        #expect((answer.json["deployment_id"] != nil) == (status == 200))
    }

    @Test func configuration_IsMadeForTheDevice_AndFetchedInParts() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        let id = try await site.id(device)
        let base = "v1/deviceconfig/configurations/device/\(id)"
        #expect(try await site.send(.put, base, #"{"timezone":"UTC"}"#).status == .noContent)
        let made = try await site.send(.post, base + "/deploy", #"{"retries":0}"#)
        #expect(made.status == .ok)
        let told = try await device.next()
        #expect(told.json["type"]?.string == "configuration")
        #expect(told.json["id"] == made.json["deployment_id"])
        let path = try Site.path(told)
        let whole = try await site.rig.network.send(.get, path)
        #expect(whole.status == .ok)
        #expect(whole.body.count >= 4096)
        #expect(whole.headers[.contentLength] == "\(whole.body.count)")
        #expect(try await site.rig.network.send(.get, path).body == whole.body)
        #expect(try await site.rig.network.send(.head, path).headers[.contentLength] == "\(whole.body.count)")
        let part = try await site.rig.network.send(.get, path, headers: [.range: "bytes=1000-"])
        #expect(part.status == .partialContent)
        #expect(part.body == Array(whole.body.dropFirst(1000)))
        let past = try await site.rig.network.send(.get, path, headers: [.range: "bytes=1000000-"])
        #expect(past.status == .rangeNotSatisfiable)
        #expect(
            try await site.rig.network.send(.get, path.replacing("/configuration/", with: "/artifact/")).status
                == .forbidden)
    }
}
