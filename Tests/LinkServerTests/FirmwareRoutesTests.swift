import Devices
import HTTPTypes
import HubHTTP
import Issuing
internal import Journal
internal import JournalTestSupport
import LinkServer
import PKI
internal import RecordTestSupport
internal import Rooms
import RouteTestSupport
import Store
import Synchronization
import Testing
import Updates
import UpdatesTestSupport

/// docs/protocols/device-link.md 7.2: the address is the credential, lengths are exact, downloads go on where they
/// broke.
@Suite struct FirmwareRoutesTests {
    /// A device that is approved, firmware, and a link of one to the other.
    private struct Site {
        let rig: UpdatesRig
        let network: RouteClient
        let bytes: [UInt8]
        let artifact: StoredArtifact
        let path: String

        init(size: Int = 5000) async throws {
            rig = try await UpdatesRig(clock: ManualClock(at: 1_790_000_000))
            bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let rig = rig
            for (id, state) in [("lamp-1", DeviceState.approved), ("lamp 2/é", .approved), ("late", .pending)] {
                try await rig.rooms.journal.store.write { db in
                    try rig.rooms.devices.save(Device(id: id, state: state, seen: 1_790_000_000), in: db)
                }
            }
            artifact = try await rig.bring(
                bytes, raw: RawFirmware(product: "lamp", version: "3", platform: "board", architecture: "arm"))
            network = RouteClient { router in
                FirmwareRoutes(updates: rig.updates, artifacts: rig.artifacts).add(to: router)
            }
            path = rig.updates.firmwareLink(to: artifact.firmware?.uuid ?? "", for: "lamp-1").path
        }

        func link(_ device: String) -> String {
            rig.updates.firmwareLink(to: artifact.firmware?.uuid ?? "", for: device).path
        }

        func get(
            _ range: String? = nil, method: HTTPRequest.Method = .get, path: String? = nil
        ) async throws -> RouteClient.Answer {
            var headers = HTTPFields()
            if let range { headers[.range] = range }
            headers[.contentType] = "application/octet-stream"
            return try await network.send(method, path ?? self.path, headers: headers)
        }
    }

    @Test func link_GivesTheWholeFile() async throws {
        let site = try await Site()
        let answer = try await site.get()
        #expect(answer.status == .ok && answer.body == site.bytes)
        #expect(answer.headers[.contentLength] == "\(site.bytes.count)" && answer.headers[.acceptRanges] == "bytes")
        let head = try await site.get(method: .head)
        #expect(head.status == .ok && head.body.isEmpty && head.headers[.contentLength] == "\(site.bytes.count)")
        #expect(try await site.get(path: site.link("lamp 2/é")).body == site.bytes)
        #expect(site.rig.updates.downloads.count == 0)
    }

    /// The real client asks for one byte past the last.
    @Test func rangeOnePastTheEnd_IsClamped_AndAtTheEndRefused() async throws {
        let site = try await Site()
        let size = site.bytes.count
        let answer = try await site.get("bytes=100-\(size)")
        #expect(answer.status == .partialContent && answer.body == Array(site.bytes[100...]))
        #expect(answer.headers[.contentRange] == "bytes 100-\(size - 1)/\(size)")
        for range in ["bytes=\(size)-\(size)", "bytes=\(size)-", "bytes=\(size + 9)-"] {
            #expect(try await site.get(range).status == .rangeNotSatisfiable)
        }
    }

    @Test func alteredLink_IsForbidden() async throws {
        let site = try await Site()
        let uuid = try #require(site.artifact.firmware?.uuid)
        let signature = try #require(site.path.split(separator: "&").last.map(String.init))
        let bad = [
            site.path.replacing(uuid, with: FirmwareSamples.uuid), site.path.replacing("lamp-1", with: "late"),
            site.path.replacing("d=lamp-1", with: "d="), site.path.replacing("e=1", with: "e=2"),
            site.path.replacing("e=", with: "e=x"), site.path.replacing("e=", with: "x="),
            site.path.replacing(signature, with: "s="), site.path.replacing(signature, with: "s=AAAA"),
            site.path.replacing(signature, with: "s=" + String(repeating: "A", count: 5000)),
            site.path.replacing(".fw?", with: "?"), site.path.replacing(".fw?", with: ".bin?"), "/fw/\(uuid).fw",
            site.path.replacing(uuid, with: "..%2f..%2fhub.db"), site.path.replacing(uuid, with: uuid.uppercased()),
            site.link("late"), site.link("nobody"),
        ]
        for path in bad {
            #expect(path != site.path)
            #expect(try await site.get(path: path).status == .forbidden, "\(path)")
        }
        #expect(try await site.get().status == .ok)
    }

    @Test func link_EndsAfterADay() async throws {
        let site = try await Site()
        site.rig.clock.advance(by: 86_399)
        #expect(try await site.get().status == .ok)
        site.rig.clock.advance(by: 1)
        #expect(try await site.get().status == .forbidden)
        #expect(try await site.get(path: site.link("lamp-1")).status == .ok)
    }

    @Test func removedFirmware_IsForbidden() async throws {
        let site = try await Site()
        try await site.rig.artifacts.remove(site.artifact.id, by: .hub)
        #expect(try await site.get().status == .forbidden)
    }

    @Test func revokedDevice_LosesItsLinkAndItsDownload() async throws {
        let site = try await Site(size: 3_000_000)
        let got = Mutex(0)
        let isFirst = Mutex(true)
        let (rig, path) = (site.rig, site.path)
        await #expect(throws: (any Error).self) {
            try await site.network.send(.get, path) { count in
                got.withLock { $0 += count }
                let isBeginning = isFirst.withLock { was in
                    defer { was = false }
                    return was
                }
                guard isBeginning else { return }
                #expect(rig.updates.downloads.count == 1)
                try await rig.issuer.revoke(deviceID: "lamp-1", reason: .keyCompromise, by: .hub)
            }
        }
        #expect(got.withLock { $0 } < 1_000_000 && rig.updates.downloads.count == 0)
        #expect(try await site.get().status == .forbidden)
    }
}
