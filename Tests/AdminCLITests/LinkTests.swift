import Testing
import Wire

@testable import AdminCLI

/// What the commands of the device link read from their arguments and the keyboard.
@Suite struct LinkTests {
    @Test(arguments: [
        ("lamp-1:/etc/motd", "lamp-1", "/etc/motd"), ("a:b:/c", "a:b", "/c"), ("x://y", "x", "//y"),
    ])
    func fileOnADevice_IsSeen(_ text: String, _ device: String, _ path: String) throws {
        let read = try #require(DevicePath(text))
        #expect(read.deviceID == device && read.path == path)
    }

    @Test(arguments: ["./a:/b", "/a:/b", "file", ":/etc", "c:relative", ""])
    func localFile_IsNoFileOnADevice(_ text: String) {
        #expect(DevicePath(text) == nil)
    }

    @Test(arguments: [
        ("8080:localhost:80", 8080, "localhost", 80), ("0:[::1]:22", 0, "::1", 22),
        ("65535:192.0.2.1:65535", 65535, "192.0.2.1", 65535),
    ])
    func forward_IsRead(_ text: String, _ local: Int, _ host: String, _ port: Int) throws {
        let target = try #require(ForwardTarget(text))
        #expect(target.local == local && target.body == LinkBody.Target(host: host, port: UInt16(port)))
    }

    @Test(arguments: ["", "80", "80:host", "80:host:0", "65536:host:1", "80:::1:22", "80::22", "x:host:1"])
    func forwardThatIsNone_IsRefused(_ text: String) {
        #expect(ForwardTarget(text) == nil)
    }

    @Test(arguments: [
        (["ls\r", "~."], "ls\r", true), (["~."], "", true), (["~~x"], "~x", false), (["a~."], "a~.", false),
        (["~", "a"], "~a", false), (["a\r~", ".", "b"], "a\r", true), (["a\n~~."], "a\n~.", false),
    ])
    func escape_IsSeenAtTheBeginningOfALineOnly(_ typed: [String], _ sent: String, _ leaves: Bool) {
        var watch = EscapeWatch()
        var bytes: [UInt8] = []
        var hasLeft = false
        for part in typed where !hasLeft {
            let result = watch.filter(Array(part.utf8))
            bytes += result.bytes
            hasLeft = result.leaves
        }
        #expect(String(decoding: bytes, as: UTF8.self) == sent && hasLeft == leaves)
    }
}
