import Foundation
import Testing

/// Files that the hub writes while a test waits.
extension ProgramHub {
    /// Makes a file of zeros that takes no room.
    func makeSparseFile(_ name: String, size: UInt64) throws {
        try write(name, "")
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
        try file.truncate(atOffset: size)
        try file.close()
    }

    /// Waits until a file has a size.
    func waitForFile(_ name: String, size: Int) async throws {
        try await waitUntil("\(name) has \(size) bytes") { self.size(of: name) >= size }
    }

    /// Waits until some upload has brought so many bytes.
    func waitForUpload(size: Int) async throws {
        try await waitUntil("an upload has brought \(size) bytes") {
            self.names(in: "state/artifacts").contains {
                $0.hasPrefix("upload-") && self.size(of: "state/artifacts/" + $0) >= size
            }
        }
    }

    /// Looks again and again, as often as the other tasks leave room; nothing tells of a file.
    func waitUntil(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while try await !isSo() {
            try #require(ContinuousClock.now < end, "waited in vain until \(what)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func size(of name: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path(name))
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }
}
