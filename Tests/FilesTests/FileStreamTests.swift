internal import BaseTestSupport
import Files
import Foundation
import Testing

/// Files in parts: read in any pieces, and appearing whole or not at all.
@Suite struct FileStreamTests {
    @Test(arguments: [1, 7, 1000, 4096, 10_000]) func source_GivesAsManyAsAskedFor_UntilTheEnd(part: Int) throws {
        let folder = try WorkFolder()
        var random = SeededGenerator(1)
        let content = random.bytes(5000)
        let source = try FileSource(try folder.put("f", content))
        #expect(try source.size() == 5000)
        var read: [UInt8] = []
        while true {
            let bytes = try source.read(part)
            read += bytes
            guard bytes.count == part else { break }
        }
        #expect(read == content)
        #expect(try source.read(part).isEmpty, "the end stays the end")
    }

    @Test func source_ReadsAtAnyPlace_AndGoesOnThere() throws {
        let folder = try WorkFolder()
        let source = try FileSource(try folder.put("f", Array(0..<100)))
        #expect(try source.read(3, at: 97) == [97, 98, 99] && source.read(3, at: 98) == [98, 99])
        #expect(try source.read(2, at: 0) == [0, 1] && source.read(2) == [2, 3])
        #expect(
            try source.read(5, at: 100).isEmpty && source.read(5, at: 1_000_000).isEmpty && source.read(0, at: 5) == [])
        let error = #expect(throws: FileError.self) { try source.read(1, at: -1) }
        #expect(error?.action == "read")
    }

    /// A pipe hands out what is there: short reads are put together.
    @Test func shortReads_ArePutTogether() async throws {
        let folder = try WorkFolder()
        let path = folder.path + "/pipe"
        #expect(unsafe mkfifo(path, 0o600) == 0)
        let content = [UInt8](repeating: 7, count: 200_000)
        async let written: Void = {
            let handle = try #require(FileHandle(forWritingAtPath: path))
            for start in stride(from: 0, to: content.count, by: 777) {
                try handle.write(contentsOf: Data(content[start..<min(start + 777, content.count)]))
            }
            try handle.close()
        }()
        let source = try FileSource(path)
        #expect(try source.read(150_000).count == 150_000)
        #expect(try source.read(150_000).count == 50_000)
        try await written
    }

    @Test func linkAndMissingFile_AreNoSource() throws {
        let folder = try WorkFolder()
        let link = folder.path + "/l"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: try folder.put("f", [1]))
        for path in [link, folder.path + "/none"] {
            let error = #expect(throws: FileError.self) { try FileSource(path) }
            #expect(error?.action == "read" && error?.path == path)
        }
    }

    @Test func sink_AppearsWhenItIsFinished() throws {
        let folder = try WorkFolder()
        let path = try folder.put("f", Array("old".utf8))
        let sink = try FileSink(path, mode: 0o600)
        try sink.write(Array("ne".utf8))
        try sink.write([])
        try sink.write(Array("w".utf8))
        #expect(try folder.get("f") == Array("old".utf8) && SecureFile.read(sink.unfinishedPath) == "new")
        try sink.finish()
        #expect(try folder.get("f") == Array("new".utf8) && folder.names == ["f"])
        #expect(try SecureFile.mode(path) == 0o600)
    }

    @Test func sinkThatIsGivenUp_LeavesNothing() throws {
        let folder = try WorkFolder()
        let path = try folder.put("f", Array("old".utf8))
        do {
            let sink = try FileSink(path, mode: 0o600)
            try sink.write([1, 2, 3])
            #expect(try folder.names == ["f", "f.part"])
        }
        #expect(try folder.names == ["f"] && folder.get("f") == Array("old".utf8))
        #expect(throws: FileError.self) { try FileSink(folder.path + "/none/f", mode: 0o600) }
    }

    /// A crash before left a part, or somebody put a link there.
    @Test func whatIsAtTheUnfinishedPlace_IsTakenAway() throws {
        let folder = try WorkFolder()
        let victim = try folder.put("victim", [9])
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/f.part", withDestinationPath: victim)
        let sink = try FileSink(folder.path + "/f", mode: 0o600)
        try sink.write([1])
        try sink.finish()
        #expect(try folder.get("victim") == [9] && folder.get("f") == [1] && folder.names == ["f", "victim"])
    }

    @Test(arguments: [UInt32(0o600), 0o640, 0o666]) func replacement_TakesThePlaceWhenItIsCommitted(mode: UInt32) throws
    {
        let folder = try WorkFolder()
        let path = try folder.put("f", Array("old".utf8))
        let replacement = try SecureFile.Replacement(of: path, mode: mode)
        try replacement.write(Array("n".utf8))
        try replacement.write(Array("ew".utf8))
        let names = try folder.names
        #expect(try names.count == 2 && folder.get("f") == Array("old".utf8))
        let unfinished = try #require(names.last)
        #expect(unfinished.hasPrefix("f.") && unfinished.hasSuffix(".new") && unfinished.utf8.count == 22)
        #expect(UInt64(unfinished.dropFirst(2).prefix(16), radix: 16) != nil)
        try replacement.commit()
        #expect(try folder.get("f") == Array("new".utf8) && folder.names == ["f"] && SecureFile.mode(path) == mode)
    }

    @Test func replacementsOfOneFile_DoNotMeet() throws {
        let folder = try WorkFolder()
        let path = folder.path + "/f"
        do {
            let (one, other) = (
                try SecureFile.Replacement(of: path, mode: 0o600), try SecureFile.Replacement(of: path, mode: 0o600)
            )
            try one.write([1])
            try other.write([2])
            #expect(try folder.names.count == 2)
            try one.commit()
            #expect(try folder.get("f") == [1])
        }
        #expect(try folder.names == ["f"] && folder.get("f") == [1], "the other was given up")
    }

    @Test func replacementThatFails_LeavesNothing() throws {
        let folder = try WorkFolder()
        try SecureFile.makeFolder(folder.path + "/f", mode: 0o700)
        do {
            let replacement = try SecureFile.Replacement(of: folder.path + "/f", mode: 0o600)
            try replacement.write([1])
            let error = #expect(throws: FileError.self) { try replacement.commit() }
            #expect(error?.action == "replace")
        }
        #expect(try folder.names == ["f"])
        #expect(throws: FileError.self) { try SecureFile.Replacement(of: folder.path + "/none/f", mode: 0o600) }
    }
}
