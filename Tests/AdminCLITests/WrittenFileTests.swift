import Foundation
import Testing

@testable import AdminCLI

/// The file under an answer: there when it is whole, else not at all.
@Suite struct WrittenFileTests {
    private struct Broken: Error {}

    private let path = NSTemporaryDirectory() + "written-" + UUID().uuidString

    private var there: [String] {
        ["", ".part"].filter { FileManager.default.fileExists(atPath: path + $0) }
    }

    @Test func finishedFile_IsWhole() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await WrittenFile.with(path, mode: 0o600) { file in
            let counts = [try file.write([1, 2]), try file.write([3])]
            #expect(counts == [2, 3] && there == [".part"])
            let size = try file.finish()
            #expect(size == 3)
        }
        #expect(there == [""])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2, 3]))
    }

    @Test func unfinishedFile_GoesWithItsBody_AlsoWhileAConnectionHoldsIt() async throws {
        var held: WrittenFile?
        await #expect(throws: Broken.self) {
            try await WrittenFile.with(path, mode: 0o600) { file in
                held = file
                _ = try file.write([1])
                throw Broken()
            }
        }
        #expect(there == [])
        _ = try held?.write([2])
        #expect(there == [])
    }
}
