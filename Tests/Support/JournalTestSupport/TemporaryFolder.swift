internal import Foundation

/// A folder that goes when the test ends.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Makes a folder of its own.
    package init() throws {
        path = NSTemporaryDirectory() + "latchkey-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
