import Files
import Glibc
import HTTPTypes
import Testing

@testable import HubHTTP

/// A disk that takes nothing: who can do something about it is told so.
@Suite struct StorageFaultTests {
    /// What the system says about a file that can't be made.
    private static func failure(_ path: String) throws -> FileError {
        try #require(throws: FileError.self) { try SecureFile.write("x", to: path, mode: 0o600) }
    }

    @Test func otherErrors_AreNone() throws {
        #expect(HTTPRefusal(storage: try Self.failure("/nowhere/at/all")) == nil)
        #expect(HTTPRefusal(storage: CancellationError()) == nil)
        #expect(HTTPRefusal(storage: FileError(path: "x", doing: "read", reason: "too large")) == nil)
    }

    @Test func fullDisk_IsNamed() throws {
        // Every write to it fails for want of room.
        let descriptor = unsafe open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        let written = unsafe write(descriptor, "x", 1)
        #expect(written == -1)
        let fault = try #require(HTTPRefusal(storage: FileError(path: "hub.db", doing: "write")))
        #expect(fault.status.code == 507 && fault.code == "storeFull")
        #expect(fault.message.contains("full") && !fault.message.contains("hub.db"))
    }
}
