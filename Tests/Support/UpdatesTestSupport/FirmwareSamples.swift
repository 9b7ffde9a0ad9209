internal import Journal
internal import Foundation
package import Updates

/// Firmware archives of the real program (Tests/ArtifactTests/Vectors/fwup).
package enum FirmwareSamples {
    /// Public keys of the samples, as fwup writes them.
    package static let keyA = "ylwTddgpodv7CnjMCVUJHaEe8Sn2QI7GB05eA5Rjr+s="
    package static let keyB = "fwEAx51fdCBYFQmqK5sUaA5skuXJOv4Ylrtq8zyFx6c="
    /// Of `signed-a.fw` and of all that were made of the same `meta.conf`.
    package static let uuid = "3ccfc66f-2768-5d14-6c3c-33ceeba3be8e"

    /// The bytes of a sample, such as `signed-a.fw`.
    package static func bytes(_ file: String) throws -> [UInt8] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: tests.appendingPathComponent("ArtifactTests/Vectors/fwup/\(file)")))
    }
}

extension UpdatesRig {
    /// Gives the hub a key that firmware is checked with.
    package func trust(
        _ key: String = FirmwareSamples.keyA, name: String = "a", for purpose: FirmwareKeyPurpose = .firmware
    ) async throws {
        _ = try await artifacts.addFirmwareKey(name, Array(key.utf8), for: purpose, by: .hub)
    }

    /// Brings a file to the hub.
    ///
    /// - Parameter raw: what is said of it; `nil` for a file that says by itself what it is.
    @discardableResult
    package func bring(
        _ bytes: [UInt8], raw: RawFirmware? = nil, description: String = "", isArchive: Bool = false
    ) async throws -> StoredArtifact {
        let upload = try artifacts.beginUpload()
        do {
            let sink = try await upload.append(at: 0)
            try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) }
            try sink.flush()
        } catch {
            artifacts.abandon(upload)
            throw error
        }
        return try await artifacts.finish(upload, description: description, raw: raw, isArchive: isArchive, by: .hub)
    }
}
