internal import AdminAPI
import Artifact
import Devices
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import JournalTestSupport
import PKI
internal import RecordTestSupport
internal import Rooms
internal import RouteTestSupport
import Testing

/// Artifacts, deployments and devices of the update protocol over the admin API.
@Suite struct UpdateRoutesTests {
    private static let root = Peer(address: "local", userID: 0)

    private static func send(
        _ rig: AdminRig, _ method: HTTPRequest.Method, _ path: String, _ body: String = "", headers: HTTPFields = [:]
    ) async throws -> RouteClient.Answer {
        try await rig.local.send(method, "/admin/v1" + path, body: Array(body.utf8), headers: headers, as: root)
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ answer: RouteClient.Answer) throws -> Value {
        try JSONDecoder().decode(type, from: Data(answer.body))
    }

    private static func code(_ answer: RouteClient.Answer) throws -> String {
        try read(AdminFailure.self, answer).error.code
    }

    /// The bytes of an artifact.
    private static func artifact(_ rig: AdminRig, _ release: String, size: Int = 2000) throws -> [UInt8] {
        let file = rig.folder.path + "/\(release).mender"
        let content = ArtifactIngredient(name: "file", content: .bytes([UInt8](repeating: 7, count: size)))
        try ArtifactWriter.write(
            .module("t", name: release, deviceTypes: ["qemu"], files: [content]), to: file)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    }

    private static func digest(_ bytes: [UInt8]) -> String { Hex.encode(SHA256.hash(bytes)) }

    private static func begin(_ rig: AdminRig, _ body: String = "{}") async throws -> AdminUpload {
        try read(AdminUpload.self, try await send(rig, .post, "/artifacts/uploads", body))
    }

    private static func append(
        _ rig: AdminRig, _ id: String, at offset: Int, _ bytes: some Sequence<UInt8>
    ) async throws -> RouteClient.Answer {
        try await rig.local.send(
            .patch, "/admin/v1/artifacts/uploads/\(id)?offset=\(offset)", body: Array(bytes), as: root)
    }

    private static func upload(_ rig: AdminRig, _ release: String) async throws -> AdminArtifact {
        let bytes = try artifact(rig, release)
        let upload = try await begin(rig)
        _ = try await append(rig, upload.id, at: 0, bytes)
        return try read(
            AdminArtifact.self, try await send(rig, .post, "/artifacts/uploads/\(upload.id)/finish", "{}"))
    }

    /// A device that waits with a key.
    private static func waiting(_ rig: AdminRig, _ serial: String, key: PrivateKey? = nil) async throws
        -> DeviceIdentity
    {
        let identity = "{\"serial\":\"\(serial)\"}"
        _ = try await rig.rooms.identities.authenticate(
            AuthenticationRequest(
                identity: identity, publicKey: (try key ?? PrivateKey.makeP256()).publicKey, tier: "standard",
                certifiedDeviceID: nil, address: "192.0.2.7"))
        let all = try await rig.rooms.identities.identities(status: [], ids: [], offset: 0, limit: 100)
        return try #require(all.first { $0.data == identity })
    }

    @Test func upload_GoesOnWhereItWas_AndIsSeenOnlyWhenItIsWhole() async throws {
        let rig = try await AdminRig()
        let bytes = try Self.artifact(rig, "rel-1")
        let begin = "{\"sha256\":\"\(Self.digest(bytes))\"}"
        let upload = try await Self.begin(rig, begin)
        #expect(upload.offset == 0)
        #expect(try await Self.append(rig, upload.id, at: 0, bytes[..<1000]).status == .ok)
        let again = try await Self.append(rig, upload.id, at: 0, bytes[..<1000])
        #expect(try again.status == .conflict && Self.code(again) == "uploadOffset")
        #expect(try await Self.send(rig, .get, "/artifacts").text == #"{"items":[]}"#)
        let found = try await Self.begin(rig, "{\"sha256\":\"\(Self.digest(bytes))\",\"resume\":true}")
        #expect(found.id == upload.id && found.offset == 1000)
        #expect(try await Self.append(rig, upload.id, at: 1000, bytes[1000...]).status == .ok)
        let finish = "{\"description\":\"first\",\"sha256\":\"\(Self.digest(bytes))\"}"
        let done = try await Self.send(rig, .post, "/artifacts/uploads/\(upload.id)/finish", finish)
        let artifact = try Self.read(AdminArtifact.self, done)
        #expect(done.status == .created && artifact.release == "rel-1" && artifact.description == "first")
        #expect(artifact.size == Int64(bytes.count) && artifact.sha256 == Self.digest(bytes))
        let gone = try await Self.send(rig, .get, "/artifacts/uploads/\(upload.id)")
        #expect(try Self.code(gone) == "unknownUpload")
        #expect(try await Self.begin(rig, begin).offset == 0)
    }

    @Test func uploadBegunAnew_DropsWhatWasLeft() async throws {
        let rig = try await AdminRig()
        let body = "{\"sha256\":\"\(String(repeating: "a", count: 64))\"}"
        let upload = try await Self.begin(rig, body)
        _ = try await Self.append(rig, upload.id, at: 0, [1, 2, 3])
        #expect(try await Self.begin(rig, body).offset == 0)
        #expect(try await Self.send(rig, .delete, "/artifacts/uploads/\(upload.id)").status == .noContent)
        #expect(try await Self.send(rig, .delete, "/artifacts/uploads/\(upload.id)").status == .notFound)
    }

    @Test(arguments: [
        (HTTPRequest.Method.post, "/artifacts/uploads", #"{"sha256":"00"}"#, "badRequest"),
        (.post, "/artifacts/uploads", "[]", "badRequest"),
        (.patch, "/artifacts/uploads/3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42?offset=0", "x", "unknownUpload"),
        (.patch, "/artifacts/uploads/..%2F..%2Fhub.db?offset=0", "x", "unknownUpload"),
        (.get, "/artifacts/3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42", "", "unknownArtifact"),
        (.get, "/artifacts/nope/download", "", "unknownArtifact"),
        (.get, "/artifacts?after=x", "", "badRequest"), (.get, "/artifacts?after=-1", "", "badRequest"),
        (.post, "/artifacts/prune", #"{"keep":-1}"#, "badRequest"),
        (.get, "/deployments/nope", "", "unknownDeployment"), (.get, "/deployments?state=odd", "", "badRequest"),
        (.post, "/deployments", #"{"release":"r"}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"group":"g"}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true}"#, "unknownRelease"),
        (.post, "/deployments", #"{"release":"r","filter":["os=debian"]}"#, "invalidFilter"),
        (.post, "/deployments", #"{"release":"r","filter":["inventory.os=debian"]}"#, "unknownRelease"),
        (.post, "/deployments", #"{"release":"","all":true}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","name":"","all":true}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"phases":[{},{"percent":10}]}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"phases":[{"percent":60},{"percent":50}]}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"startsAt":"2027-01-31"}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"windows":[{"from":"2:00","to":"04:00"}]}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"windows":[{"from":"24:00","to":"04:00"}]}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"holdPoints":["boot"]}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"stopRule":{"failurePercent":0}}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"retries":101}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"concurrent":0}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"versionRequirement":"1"}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"failures":51}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"failureRate":{"attempts":0,"seconds":1}}"#, "badRequest"),
        (.post, "/deployments", #"{"release":"r","all":true,"penaltyMinutes":0}"#, "badRequest"),
        (.get, "/devices/nope/updates", "", "unknownDevice"),
        (.post, "/devices/nope/updates", "{}", "unknownDevice"),
        (.post, "/devices/nope/push", #"{"artifact":"a"}"#, "unknownDevice"),
        (.post, "/devices/preauthorize", #"{"identity":"{}","publicKeyPEM":"x"}"#, "badRequest"),
        (.post, "/devices/nope/accept", "{}", "unknownDevice"),
    ])
    func refusal_HasItsCode(method: HTTPRequest.Method, path: String, body: String, code: String) async throws {
        let rig = try await AdminRig()
        #expect(try Self.code(try await Self.send(rig, method, path, body)) == code)
    }

    @Test func fileThatIsNoArtifact_IsRefusedAndGone() async throws {
        let rig = try await AdminRig()
        let upload = try await Self.begin(rig)
        _ = try await Self.append(rig, upload.id, at: 0, [UInt8](repeating: 0x20, count: 6000))
        let answer = try await Self.send(rig, .post, "/artifacts/uploads/\(upload.id)/finish", "{}")
        #expect(try answer.status == .unprocessableContent && Self.code(answer) == "badArtifact")
        #expect(try await Self.send(rig, .get, "/artifacts/uploads/\(upload.id)").status == .notFound)
    }

    @Test func download_ComesInParts() async throws {
        let rig = try await AdminRig()
        let artifact = try await Self.upload(rig, "rel-1")
        let path = "/artifacts/\(artifact.id)/download"
        let whole = try await Self.send(rig, .get, path)
        #expect(Self.digest(whole.body) == artifact.sha256 && whole.headers[.eTag] == "\"\(artifact.sha256)\"")
        let part = try await Self.send(rig, .get, path, headers: [.range: "bytes=100-199"])
        #expect(part.status == .partialContent && part.body == Array(whole.body[100..<200]))
        #expect(part.headers[.contentRange] == "bytes 100-199/\(artifact.size)")
        let past = try await Self.send(rig, .get, path, headers: [.range: "bytes=\(artifact.size)-"])
        #expect(past.status == .rangeNotSatisfiable)
        let other = try await Self.send(rig, .get, path, headers: [.range: "bytes=100-", .ifRange: "\"other\""])
        #expect(other.status == .ok && other.body.count == whole.body.count)
    }

    @Test func prune_KeepsTheNewest_AndSaysBeforehandWhatWouldGo() async throws {
        let rig = try await AdminRig()
        for release in ["rel-1", "rel-2", "rel-3"] {
            _ = try await Self.upload(rig, release)
            rig.clock.advance(by: 86_400)
        }
        let page = AdminPage<AdminArtifact>.self
        let would = try await Self.send(rig, .post, "/artifacts/prune", #"{"keep":1,"dryRun":true}"#)
        #expect(try Set(Self.read(page, would).items.map(\.release)) == ["rel-1", "rel-2"])
        let old = try await Self.send(rig, .post, "/artifacts/prune", #"{"keep":1,"olderThanDays":3}"#)
        #expect(try Self.read(page, old).items.map(\.release) == ["rel-1"])
        let left = try await Self.send(rig, .get, "/artifacts?limit=1")
        #expect(try Self.read(page, left).items.map(\.release) == ["rel-2"])
        #expect(try Self.read(page, left).after == "1")
    }

    @Test func deployment_ShowsItsDevices_AlsoThoseThatHaveNotAsked() async throws {
        let rig = try await AdminRig()
        _ = try await Self.upload(rig, "rel-1")
        for serial in ["1", "2"] {
            let device = try await Self.waiting(rig, serial).deviceID
            #expect(try await Self.send(rig, .post, "/devices/\(device)/accept", "{}").status == .ok)
        }
        let body = #"{"release":"rel-1","all":true,"phases":[{"percent":50},{}],"holdPoints":["install"],"retries":1}"#
        let made = try Self.read(AdminDeployment.self, try await Self.send(rig, .post, "/deployments", body))
        #expect(made.name == "rel-1" && made.deviceCount == 2 && made.counts == ["pending": 2])
        #expect(made.phases.map(\.deviceCount) == [1, 1] && made.holdPoints == ["install"])
        let twice = try await Self.send(rig, .post, "/deployments", body)
        #expect(try Self.code(twice) == "deploymentExists")
        let devices = AdminPage<AdminInstallation>.self
        let first = try Self.read(
            devices, try await Self.send(rig, .get, "/deployments/\(made.id)/devices?limit=1"))
        let after = try #require(first.after)
        let second = try Self.read(
            devices, try await Self.send(rig, .get, "/deployments/\(made.id)/devices?after=\(after)"))
        #expect((first.items + second.items).map(\.state) == ["pending", "pending"])
        let released = try await Self.send(rig, .post, "/deployments/\(made.id)/release", #"{"point":"install"}"#)
        #expect(try Self.read(AdminDeployment.self, released).holdPoints.isEmpty)
        let nothing = try await Self.send(rig, .post, "/deployments/\(made.id)/release", #"{"point":"install"}"#)
        #expect(try Self.code(nothing) == "nothingHeld")
        let paused = try await Self.send(rig, .post, "/deployments/\(made.id)/pause")
        #expect(try Self.read(AdminDeployment.self, paused).pauseReason == "operator")
        #expect(try await Self.send(rig, .post, "/deployments/\(made.id)/resume").status == .ok)
        let ended = try Self.read(
            AdminDeployment.self, try await Self.send(rig, .post, "/deployments/\(made.id)/abort"))
        #expect(ended.status == "aborted" && ended.counts == ["aborted": 2])
        let aborted = try await Self.send(rig, .get, "/deployments/\(made.id)/devices?state=aborted")
        #expect(try Self.read(devices, aborted).items.count == 2)
        let late = try await Self.send(rig, .post, "/deployments/\(made.id)/abort")
        #expect(try Self.code(late) == "deploymentFinished")
        let log = try await Self.send(rig, .get, "/deployments/\(made.id)/devices/nobody/log")
        #expect(try Self.code(log) == "noLog")
        // What to do next names the deployment, not a word in its place.
        for refused in [nothing, log] {
            #expect(try Self.read(AdminFailure.self, refused).error.hint.contains("deployment show \(made.id)"))
        }
    }

    @Test func standingRollout_ShowsWhatItWasMadeWith_AndItsDefaults() async throws {
        let rig = try await AdminRig()
        _ = try await Self.upload(rig, "rel-1")
        let body = #"{"release":"rel-1","filter":["inventory.a=b"],"product":"p","versionRequirement":"~> 1.2"}"#
        let made = try Self.read(AdminDeployment.self, try await Self.send(rig, .post, "/deployments", body))
        #expect(made.product == "p" && made.versionRequirement == "~> 1.2" && made.deviceCount == nil)
        #expect(made.concurrent == 10 && made.failures == 3 && made.penaltyMinutes == 1440)
        #expect(made.failureRate == AdminFailureRate(attempts: 5, seconds: 180) && made.push == nil)
    }

    @Test func updatesOfADevice_AreChangedAndShown_AndAPushTurnsThemOff() async throws {
        let rig = try await AdminRig()
        _ = try await Self.upload(rig, "rel-1")
        let device = try await Self.waiting(rig, "1").deviceID
        func updates(_ body: String) async throws -> AdminDeviceUpdates {
            try Self.read(AdminDeviceUpdates.self, try await Self.send(rig, .post, "/devices/\(device)/updates", body))
        }
        let first = try await updates("{}")
        #expect(first.enabled && first.mode == "automatic" && !first.mayManage && first.attempts.isEmpty)
        let changed = try await updates(#"{"mode":"device_managed","mayManage":true,"unblock":true}"#)
        #expect(changed.mode == "device_managed" && changed.mayManage && changed.enabled)
        let odd = try await Self.send(rig, .post, "/devices/\(device)/updates", #"{"mode":"odd"}"#)
        #expect(try Self.code(odd) == "badRequest")
        let push = try await Self.send(rig, .post, "/devices/\(device)/push", #"{"artifact":"rel-1"}"#)
        let made = try Self.read(AdminDeployment.self, push)
        #expect(push.status == .created && made.push == true && made.force && made.deviceCount == 1)
        let shown = try Self.read(AdminDevice.self, try await Self.send(rig, .get, "/devices/\(device)"))
        #expect(shown.updates?.enabled == false && shown.updates?.flight == nil)
        let unknown = try await Self.send(rig, .post, "/devices/\(device)/push", #"{"artifact":"rel-9"}"#)
        #expect(try Self.code(unknown) == "unknownRelease")
        let twice = try await Self.send(rig, .post, "/devices/\(device)/push", #"{"artifact":"rel-1"}"#)
        #expect(try Self.code(twice) == "deploymentExists")
    }

    @Test func accept_TakesTheOnlyKeyThatWaits_OrTheOneNamed() async throws {
        let rig = try await AdminRig()
        let keys = try [PrivateKey.makeP256(), PrivateKey.makeP256()]
        let device = try await Self.waiting(rig, "1", key: keys[0]).deviceID
        let shown = try Self.read(AdminDevice.self, try await Self.send(rig, .get, "/devices/\(device)"))
        #expect(shown.identity?.keys.map(\.fingerprint) == [keys[0].publicKey.fingerprint])
        #expect(shown.identity?.data == .object([.init("serial", .string("1"))]))
        _ = try await Self.waiting(rig, "1", key: keys[1])
        let unclear = try await Self.send(rig, .post, "/devices/\(device)/accept", "{}")
        #expect(try Self.code(unclear) == "badRequest")
        let body = "{\"fingerprint\":\"\(keys[1].publicKey.fingerprint.uppercased())\"}"
        let accepted = try Self.read(
            AdminDevice.self, try await Self.send(rig, .post, "/devices/\(device)/accept", body))
        #expect(accepted.state == "approved" && accepted.identity?.status == "accepted")
        let rejected = try Self.read(
            AdminDevice.self, try await Self.send(rig, .post, "/devices/\(device)/reject"))
        #expect(rejected.state == "rejected" && rejected.identity?.status == "rejected")
        let back = try Self.read(
            AdminDevice.self, try await Self.send(rig, .post, "/devices/\(device)/accept", body))
        #expect(back.state == "approved")
    }

    @Test func preauthorizedDevice_IsKnownByItsIdentity() async throws {
        let rig = try await AdminRig()
        let pem = try PrivateKey.makeP256().publicKey.pem().replacingOccurrences(of: "\n", with: "\\n")
        let body = #"{"identity":"{\"serial\": \"1\", \"mac\":\"x\"}","publicKeyPEM":"\#(pem)"}"#
        let made = try await Self.send(rig, .post, "/devices/preauthorize", body)
        #expect(made.status == .created)
        #expect(try Self.read(AdminDevice.self, made).identity?.status == "preauthorized")
        #expect(try Self.code(try await Self.send(rig, .post, "/devices/preauthorize", body)) == "identityExists")
    }
}
