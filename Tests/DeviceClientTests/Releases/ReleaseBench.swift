import BaseTestSupport
import CoSigning
import Encoding
import HostilePeer
import PKI

@testable import DeviceClient

/// A provisioned device in a folder of its own, its hub, and the publisher both trust.
struct ReleaseBench: Sendable {
    static let now = ScriptedHub.now

    let work: WorkFolder
    let publisher: TestPublisher
    let hub: ReleaseHub
    let clock: ManualClock

    init() throws {
        work = try WorkFolder()
        publisher = try TestPublisher()
        let authority = try TestAuthority(now: Self.now)
        hub = try ReleaseHub(authority: authority, trust: try publisher.trust())
        clock = ManualClock(Self.now)
        let folder = DeviceFolder(path: work.path + "/state")
        let key = try folder.fileKey { _ in }
        let leaf = try authority.device("dev-1", key: key.publicKey)
        try folder.write(Identity(leaf: leaf, chain: [leaf], authority: [authority.certificate]))
        var state = DeviceState()
        (state.deviceID, state.hubTime) = ("dev-1", Self.now - 60)
        try folder.write(state)
    }

    var folder: DeviceFolder { DeviceFolder(path: work.path + "/state") }
    var file: String { work.path + "/next.img" }

    func record() throws -> ReleaseRecord { try folder.releases() }

    /// The device as a process that starts now sees it.
    func device(_ address: String, _ change: (inout DeviceConfiguration) -> Void = { _ in }) throws -> Device {
        try Device.test(folder.path, hubs: [address], clock: clock) {
            $0.deviceType = "rpi4"
            change(&$0)
        }
    }

    /// From now on the hub offers this release, co-signed for each challenge.
    func offer(_ release: TestPublisher.Release = .init(start: ReleaseBench.now - 3600)) {
        let publisher = publisher
        hub.change { desk in
            desk.release = { try publisher.coSigned(release, now: Self.now, nonce: $0.nonce) }
            desk.artifact = { request, peer in try await Self.send(release.artifact, request, peer) }
        }
    }

    /// From now on the hub offers what is made for each challenge.
    func offer(_ make: @escaping @Sendable (String) throws -> [UInt8]) {
        hub.change { $0.release = { try make($0.nonce) } }
    }

    /// An artifact as an honest hub sends it.
    static func send(_ bytes: [UInt8], _ request: PeerRequest, _ peer: PeerConnection) async throws {
        guard let range = request.headers["range"], let start = Int(range.dropFirst(6).prefix { $0 != "-" }) else {
            return try await peer.answer(200, bytes)
        }
        let head = "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
        try await peer.answer(206, headers: [head], Array(bytes[start...]))
    }

    /// Names of files beside the state folder.
    func leftovers() throws -> [String] { try work.names.filter { $0 != "state" } }
}

extension DeviceFolder {
    /// Makes an unprovisioned device of it; false when it cannot.
    func removeCertificate() -> Bool { SystemFolder.remove(certificatePath) }
}

/// The name of a refusal; the error's own text for others.
func refusal(_ work: () async throws -> some Sendable) async -> String? {
    do {
        _ = try await work()
        return nil
    } catch DeviceError.releaseRefused(let error, _) {
        return error
    } catch {
        return "\(error)"
    }
}
