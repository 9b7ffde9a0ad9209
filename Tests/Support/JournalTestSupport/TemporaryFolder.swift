internal import BaseTestSupport

/// A folder that goes when the test ends.
package final class TemporaryFolder: Sendable {
    private let folder: WorkFolder
    package var path: String { folder.path }

    /// Makes a folder of its own.
    package init() throws {
        folder = try WorkFolder()
    }
}
