internal import Foundation

/// A folder for files that another program reads or the tested code writes; it goes with its last holder.
package final class WorkFolder: Sendable {
    package let path: String

    package init() throws {
        path = NSTemporaryDirectory() + "latchkey-work-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file, in one step and without the code under test.
    ///
    /// - Returns: its path.
    @discardableResult
    package func put(_ name: String, _ content: some Sequence<UInt8>) throws -> String {
        let file = path + "/" + name
        try Data(content).write(to: URL(fileURLWithPath: file))
        return file
    }

    package func get(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }

    /// Names of what is in it, sorted.
    package var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}
