import Foundation
internal import BaseTestSupport
import Testing
import Wire

@testable import AdminCLI

/// Files over the console of the live link, at the operator's end.
@Suite struct FileReceiverTests {
    @Test(
        arguments: [
            ("lamp-1:up.txt", "lamp-1", "up.txt"), ("aa:bb:cc:up", "aa:bb:cc", "up"), ("lamp-1:", "lamp-1", ""),
        ]) func nameOnADevice_IsSeen(_ text: String, _ device: String, _ path: String) throws
    {
        let read = try #require(DevicePath(plain: text))
        #expect(read.deviceID == device && read.path == path)
    }

    @Test(arguments: ["", "up.txt", ":up", "lamp:/etc/x", "./a:b", "a:b/c"])
    func otherPath_IsNoNameOnADevice(_ text: String) { #expect(DevicePath(plain: text) == nil) }

    @Test(
        arguments: [
            ("up.txt", "up.txt"), ("../../etc/passwd", "passwd"), ("..", "_."), (".ssh", "_ssh"), ("-rf", "_rf"),
            ("a b\n\u{1B}[2J", "a_b___2J"), ("C:\\up.txt", "up.txt"), ("é", "__"), ("", "file"), ("/", "file"),
            (String(repeating: "n", count: 300), String(repeating: "n", count: 200)),
        ]) func name_IsMadeSafe(_ name: String, _ safe: String)
    {
        #expect(FileReceiver.safe(name) == safe)
    }

    private static func send(_ name: String, _ content: String, to receiver: inout FileReceiver) -> String? {
        let bytes = Array(content.utf8)
        _ = receiver.take(LinkEnvelope(.files, "file_info", body: LinkBody.File(path: name, size: 1).encoded()))
        for byte in bytes { _ = receiver.take(LinkEnvelope(.files, "file_chunk", body: [byte])) }
        return receiver.take(LinkEnvelope(.files, "file_chunk"))
    }

    @Test func files_AreStored_NeverOverOthers() throws {
        let folder = try WorkFolder()
        var receiver = try FileReceiver(folder.path + "/")
        #expect(Self.send("../up", "one", to: &receiver) == "received \(folder.path)/up, 3 bytes")
        #expect(Self.send("up", "two", to: &receiver) == "received \(folder.path)/up.1, 3 bytes")
        #expect(Self.send("none", "", to: &receiver) == "received \(folder.path)/none, 0 bytes")
        #expect(try String(contentsOfFile: folder.path + "/up", encoding: .utf8) == "one")
        #expect(try String(contentsOfFile: folder.path + "/up.1", encoding: .utf8) == "two")
        let rights = try FileManager.default.attributesOfItem(atPath: folder.path + "/up")[.posixPermissions]
        #expect(rights as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
        let lost = LinkEnvelope(.files, "error", body: LinkBody.Failure("up: \u{1B} gone").encoded())
        #expect(receiver.take(lost)?.contains("gone") == true)
        #expect(throws: (any Error).self) { try FileReceiver(folder.path + "/up") }
    }
}
