internal import BaseTestSupport
import Files
import Foundation
import Testing

/// Folders: their modes, links at their places, and the lock in them.
@Suite struct FolderTests {
    @Test func folder_IsMadeWithWhatLeadsToIt() throws {
        let folder = try WorkFolder()
        let path = folder.path + "/a/b/c"
        try SecureFile.makeFolder(path, mode: 0o700)
        #expect(SecureFile.isFolder(path) && SecureFile.exists(path))
        #expect(try SecureFile.mode(path) == 0o700)
        for parent in ["/a", "/a/b"] { #expect(try SecureFile.mode(folder.path + parent) == 0o755) }
    }

    @Test(arguments: [UInt32(0o700), 0o750, 0o777]) func existingFolder_KeepsItsContent_AndGetsTheMode(mode: UInt32)
        throws
    {
        let folder = try WorkFolder()
        try SecureFile.makeFolder(folder.path + "/d", mode: 0o711)
        try folder.put("d/f", [1])
        try SecureFile.makeFolder(folder.path + "/d", mode: mode)
        #expect(try SecureFile.mode(folder.path + "/d") == mode && folder.get("d/f") == [1])
    }

    /// Who may write to the folder around it would choose whose mode is changed.
    @Test func linkAtItsPlace_IsRefused_UnlessAPersonNamedIt() throws {
        let folder = try WorkFolder()
        try SecureFile.makeFolder(folder.path + "/real", mode: 0o755)
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path + "/real")
        let error = #expect(throws: FileError.self) { try SecureFile.makeFolder(link, mode: 0o700) }
        #expect(error?.description == "can't use \(link): expected a folder, found a link or a file")
        #expect(try SecureFile.mode(folder.path + "/real") == 0o755)
        try SecureFile.makeFolder(link, mode: 0o700, isNamed: true)
        #expect(try SecureFile.mode(folder.path + "/real") == 0o700)
        #expect(!SecureFile.isFolder(link) && SecureFile.exists(link))
    }

    @Test(arguments: [true, false]) func fileAtItsPlace_IsNoFolder(isNamed: Bool) throws {
        let folder = try WorkFolder()
        let path = try folder.put("f", [1])
        let error = #expect(throws: FileError.self) { try SecureFile.makeFolder(path, mode: 0o700, isNamed: isNamed) }
        #expect(error?.reason == "expected a folder, found a link or a file")
        let below = #expect(throws: FileError.self) { try SecureFile.makeFolder(path + "/d", mode: 0o700) }
        #expect(below?.action == "use")
        #expect(try folder.get("f") == [1] && !SecureFile.isFolder(path))
    }

    @Test func danglingLink_IsNothing() throws {
        let folder = try WorkFolder()
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path + "/none")
        #expect(!SecureFile.exists(link) && !SecureFile.isFolder(link))
        #expect(throws: FileError.self) { try SecureFile.makeFolder(link, mode: 0o700) }
        #expect(try folder.names == ["link"])
    }

    /// Whether the lock can be had; it is given back at once.
    private static func isFree(_ folder: String) -> Bool {
        guard let lock = FolderLock(folder) else { return false }
        _ = consume lock
        return true
    }

    @Test func lock_IsHeldByOneUntilItGoes() throws {
        let folder = try WorkFolder()
        do {
            guard let lock = FolderLock(folder.path) else {
                Issue.record("nobody else has it")
                return
            }
            #expect(!Self.isFree(folder.path), "also within a process")
            #expect(try SecureFile.mode(folder.path + "/lock") == 0o600)
            _ = consume lock
        }
        #expect(Self.isFree(folder.path))
        #expect(try folder.names == ["lock"], "the file stays: to remove it would let two in")
    }

    @Test func lockThatIsALink_IsNone() throws {
        let folder = try WorkFolder()
        let victim = try folder.put("victim", [1])
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/lock", withDestinationPath: victim)
        #expect(!Self.isFree(folder.path) && !Self.isFree(folder.path + "/none"))
        #expect(try folder.get("victim") == [1])
    }

    /// Root's files become those of the folder's owner, but nothing that a link leads to.
    @Test(.enabled(if: geteuid() == 0, "only root gives files away")) func filesOfRoot_BecomeTheOwners() throws {
        let folder = try WorkFolder()
        func owner(_ path: String) throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? Int)
        }
        let state = folder.path + "/state"
        try SecureFile.makeFolder(state + "/sub", mode: 0o755)
        let (file, outside) = (try folder.put("state/sub/f", [1]), try folder.put("outside", [1]))
        try FileManager.default.createSymbolicLink(atPath: state + "/link", withDestinationPath: folder.path)
        try FileManager.default.createSymbolicLink(atPath: state + "/end", withDestinationPath: outside)
        #expect(unsafe chown(state, 12_345, 12_346) == 0)
        #expect(SecureFile.giveToOwner(ofFolder: state, file))
        #expect(try owner(file) == 12_345 && owner(state + "/sub") == 0)
        #expect(!SecureFile.giveToOwner(ofFolder: state, state + "/link/outside"), "a link on the way")
        #expect(SecureFile.giveToOwner(ofFolder: state, state + "/end"), "the link itself")
        #expect(try owner(state + "/end") == 12_345 && owner(outside) == 0)
        #expect(!SecureFile.giveToOwner(ofFolder: state, state + "/none"))
        #expect(
            !SecureFile.giveToOwner(ofFolder: state, outside) && !SecureFile.giveToOwner(ofFolder: state, state + "x/f")
        )
    }

    /// Refused before anything of the process changes; to succeed would change the whole test process.
    @Test func foreignFolder_IsNotEntered() throws {
        let folder = try WorkFolder()
        let before = FileManager.default.currentDirectoryPath
        let error = #expect(throws: FileError.self) { try FolderOwner.enter(folder.path + "/none") }
        #expect(error?.action == "use" && error?.number == ENOENT)
        #expect(throws: FileError.self) { try FolderOwner.enter(try folder.put("f", [1])) }
        if geteuid() == 0 {
            try SecureFile.makeFolder(folder.path + "/open", mode: 0o777)
            let open = #expect(throws: FileError.self) { try FolderOwner.enter(folder.path + "/open") }
            #expect(open?.reason.hasPrefix("others than root may write to it") == true && open?.number == 0)
        }
        #expect(FileManager.default.currentDirectoryPath == before)
    }
}
