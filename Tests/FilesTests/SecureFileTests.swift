internal import BaseTestSupport
import Files
import Foundation
import Testing

/// Files that must be whole, private and durable.
@Suite struct SecureFileTests {
    @Test(arguments: [0, 1, 16_383, 16_384, 16_385, 100_000, 1 << 20]) func content_IsReadAsItWasWritten(
        count: Int
    ) throws {
        let folder = try WorkFolder()
        var random = SeededGenerator(UInt64(count))
        let (path, content) = (folder.path + "/f", random.bytes(count))
        try SecureFile.write(content, to: path, mode: 0o600)
        #expect(try SecureFile.bytes(path) == content && folder.get("f") == content)
        #expect(try folder.names == ["f"], "nothing else is left")
    }

    @Test func fileBeyondAMebibyte_IsNoneOfOurs() throws {
        let folder = try WorkFolder()
        let path = try folder.put("f", [UInt8](repeating: 0, count: 1 << 20 + 1))
        let error = #expect(throws: FileError.self) { try SecureFile.bytes(path) }
        #expect(error?.description == "can't read \(path): too large" && error?.number == 0)
    }

    /// The mode is that which was asked for, whatever the process's mask or the file before had.
    @Test(arguments: [UInt32(0o600), 0o640, 0o644, 0o666, 0o400]) func mode_IsThatWhichWasAskedFor(mode: UInt32) throws
    {
        let folder = try WorkFolder()
        let path = try folder.put("f", [1])
        try SecureFile.write("new", to: path, mode: mode)
        #expect(try SecureFile.mode(path) == mode)
        #expect(try SecureFile.read(path) == "new")
    }

    @Test func missingFile_IsSaidInTheSystemsWords() throws {
        let path = try WorkFolder().path + "/none"
        for read in [{ _ = try SecureFile.read(path) }, { _ = try SecureFile.mode(path) }] as [() throws -> Void] {
            let error = #expect(throws: FileError.self) { try read() }
            #expect(error?.description == "can't read \(path): No such file or directory")
            #expect(error?.number == ENOENT && error?.action == "read")
        }
        #expect(!SecureFile.exists(path) && !SecureFile.isFolder(path))
        SecureFile.remove(path)
        try SecureFile.discard(path)
    }

    @Test func bytesThatAreNoText_AreReplacedInText_AndKeptInBytes() throws {
        let folder = try WorkFolder()
        let file = try folder.put("f", [0x61, 0xFF])
        #expect(try SecureFile.read(file) == "a\u{FFFD}" && SecureFile.bytes(file) == [0x61, 0xFF])
    }

    /// Who reads while it is replaced, has the old or the new content, and a reader of the old one keeps it.
    @Test func replacedFile_IsAnotherFile() throws {
        let folder = try WorkFolder()
        let path = try folder.put("f", Array("old".utf8))
        let reader = try FileSource(path)
        try SecureFile.write("new", to: path, mode: 0o600)
        #expect(try reader.read(10) == Array("old".utf8))
        #expect(try SecureFile.read(path) == "new")
    }

    @Test func readersDuringWrites_NeverSeeAPart() async throws {
        let folder = try WorkFolder()
        let path = folder.path + "/f"
        let contents = (0..<2).map { [UInt8](repeating: UInt8($0), count: 100_000 + $0) }
        try SecureFile.write(contents[0], to: path, mode: 0o600)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for number in 0..<200 { try SecureFile.write(contents[number % 2], to: path, mode: 0o600) }
                return true
            }
            group.addTask {
                try (0..<400).allSatisfy { _ in contents.contains(try SecureFile.bytes(path)) }
            }
            for try await isWhole in group { #expect(isWhole) }
        }
    }

    /// Somebody put a link where the unfinished file goes: it is removed, and what it names stays.
    @Test func linkAtTheUnfinishedFilesPlace_IsNotFollowed() throws {
        let folder = try WorkFolder()
        let victim = try folder.put("victim", Array("precious".utf8))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/f.new", withDestinationPath: victim)
        try SecureFile.write("secret", to: folder.path + "/f", mode: 0o600)
        #expect(try SecureFile.read(victim) == "precious" && SecureFile.read(folder.path + "/f") == "secret")
        #expect(try folder.names == ["f", "victim"])
    }

    @Test func linkAtTheFilesPlace_IsReplaced() throws {
        let folder = try WorkFolder()
        let victim = try folder.put("victim", Array("precious".utf8))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/f", withDestinationPath: victim)
        try SecureFile.write("secret", to: folder.path + "/f", mode: 0o600)
        #expect(try SecureFile.read(victim) == "precious" && SecureFile.read(folder.path + "/f") == "secret")
    }

    @Test func leftoverOfACrash_IsNoObstacle() throws {
        let folder = try WorkFolder()
        try folder.put("f.new", Array("half of".utf8))
        try SecureFile.write("whole", to: folder.path + "/f", mode: 0o600)
        #expect(try folder.names == ["f"] && SecureFile.read(folder.path + "/f") == "whole")
    }

    /// A write that can't end leaves what was there, and no unfinished secret beside it.
    @Test func failedWrite_LeavesNothingBehind() throws {
        let folder = try WorkFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/f", withIntermediateDirectories: true)
        let error = #expect(throws: FileError.self) {
            try SecureFile.write("secret", to: folder.path + "/f", mode: 0o600)
        }
        #expect(error?.action == "replace" && error?.path == folder.path + "/f")
        #expect(try folder.names == ["f"])
        let elsewhere = folder.path + "/none/f"
        let missing = #expect(throws: FileError.self) { try SecureFile.write("secret", to: elsewhere, mode: 0o600) }
        #expect(missing?.action == "create" && missing?.number == ENOENT)
    }

    @Test func removedFile_IsGone_AFolderStays() throws {
        let folder = try WorkFolder()
        let path = try folder.put("f", [1])
        SecureFile.remove(path)
        #expect(try folder.names.isEmpty)
        try FileManager.default.createDirectory(atPath: folder.path + "/d", withIntermediateDirectories: true)
        let error = #expect(throws: FileError.self) { try SecureFile.discard(folder.path + "/d") }
        #expect(error?.action == "remove")
        let link = folder.path + "/l"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: try folder.put("g", [1]))
        try SecureFile.discard(link)
        #expect(try folder.names == ["d", "g"], "the link goes, not what it names")
    }

    @Test func movedFile_TakesTheOthersPlace() throws {
        let folder = try WorkFolder()
        let (one, other) = (try folder.put("a", [1]), try folder.put("b", [2]))
        try SecureFile.move(one, to: other)
        #expect(try folder.names == ["b"] && folder.get("b") == [1])
        let error = #expect(throws: FileError.self) { try SecureFile.move(one, to: other) }
        #expect(error?.action == "replace" && error?.number == ENOENT)
        #expect(try folder.get("b") == [1])
    }

    @Test func newFile_TakesNothingsPlace() throws {
        let folder = try WorkFolder()
        let path = folder.path + "/f"
        #expect(try SecureFile.create([1, 2], at: path, mode: 0o600))
        #expect(try !SecureFile.create([3], at: path, mode: 0o600))
        #expect(try folder.get("f") == [1, 2] && SecureFile.mode(path) & 0o777 == 0o600)
        #expect(try folder.names == ["f"], "nothing else is left")
        #expect(throws: FileError.self) { try SecureFile.create([], at: folder.path + "/none/f", mode: 0o600) }
    }
}
