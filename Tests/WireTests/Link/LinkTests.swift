internal import Encoding
import Testing
import Wire

/// The device link's messages against the wire examples of docs/protocols/mender.md 13, and what no message may be.
@Suite struct LinkTests {
    private static let session = "0f0f0f0f-1111-4222-8333-444444444444"
    private static let user = "9a9a9a9a-1111-4222-8333-555555555555"

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.filter { $0 != 0x20 }.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x61 + 10 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func hex(_ text: String) -> String {
        text.utf8.map { byte in String(byte, radix: 16) }.joined()
    }

    @Test func open_IsReadAndWritten() throws {
        let wire =
            Self.bytes("82a368647284a570726f746fcdffffa3747970a46f70656ea3736964d924") + Array(Self.session.utf8)
            + Self.bytes("a570726f707381a7757365725f6964d924") + Array(Self.user.utf8)
            + Self.bytes("a4626f6479c40c81a876657273696f6e739101")
        let envelope = try LinkEnvelope(parsing: wire)
        #expect(envelope.proto == .control && envelope.type == "open" && envelope.session == Self.session)
        #expect(envelope.text("user_id") == Self.user)
        #expect(try LinkBody.Open(parsing: envelope.body).versions == [1])
        var written = LinkEnvelope(.control, "open", session: Self.session, body: LinkBody.Open().encoded())
        written.set("user_id", Self.user)
        #expect(written.encoded() == wire)
    }

    @Test func accept_IsRead() throws {
        let body = Self.bytes("82a776657273696f6e01a970726f746f636f6c7394cd0004cd0001cd0002cd0003")
        let accept = try LinkBody.Accept(parsing: body)
        #expect(accept == LinkBody.Accept(protocols: [.client, .shell, .files, .forward]))
        #expect(try LinkBody.Accept(parsing: accept.encoded()) == accept)
    }

    @Test func shellAnswer_IsRead() throws {
        let wire =
            Self.bytes("82a368647284a570726f746fcd0001a3747970a36e6577a3736964d924") + Array(Self.session.utf8)
            + Self.bytes("a570726f707381a673746174757301a4626f6479c40d5368656c6c2073746172746564")
        let envelope = try LinkEnvelope(parsing: wire)
        #expect(envelope.proto == .shell && envelope.type == "new" && envelope.number("status") == 1)
        #expect(String(decoding: envelope.body, as: UTF8.self) == "Shell started")
        #expect(envelope.encoded() == wire)
    }

    @Test func chunkAndAck_KeepTheWideOffset() throws {
        let head = "82a368647284a570726f746f02a3747970aa66696c655f6368756e6ba3736964d924"
        let content = [UInt8](repeating: 7, count: 4096)
        let wire =
            Self.bytes(head) + Array(Self.session.utf8) + Self.bytes("a570726f707382a7757365725f6964d924")
            + Array(Self.user.utf8) + Self.bytes("a66f6666736574d30000000000001000a4626f6479c51000") + content
        var envelope = try LinkEnvelope(parsing: wire)
        #expect(envelope.number("offset") == 4096 && envelope.body == content)
        envelope.session = "other"
        envelope.set("user_id", "u")
        let forwarded = envelope.encoded()
        #expect(forwarded.firstRange(of: Self.bytes("a66f6666736574d30000000000001000")) != nil)
        #expect(forwarded.count < LinkEnvelope.deviceLimit)

        var ack = LinkEnvelope(.files, "ack", session: Self.session)
        ack.set("offset", 0)
        let expected =
            Self.bytes("81a368647284a570726f746fcd0002a3747970a361636ba3736964d924") + Array(Self.session.utf8)
            + Self.bytes("a570726f707381a66f6666736574d30000000000000000")
        // The same but for the count of the header's members, which the example gives for one without properties.
        #expect(ack.encoded() == expected || ack.encoded().dropFirst(6) == expected.dropFirst(6))
    }

    @Test(arguments: [
        "05", "cc05", "cd0005", "ce00000005", "cf0000000000000005", "d005", "d10005", "d200000005",
        "d30000000000000005",
    ])
    func everyFormOfAnInteger_IsTaken(_ hex: String) throws {
        var reader = try MessagePackReader(Self.bytes(hex))
        #expect(try reader.readInteger() == 5)
        try reader.finish()
    }

    @Test(arguments: [
        (Int64(0), "00"), (127, "7f"), (128, "cc80"), (256, "cd0100"), (65536, "ce00010000"),
        (4_294_967_296, "cf0000000100000000"), (-1, "ff"), (-32, "e0"), (-33, "d0df"), (-129, "d1ff7f"),
        (-32769, "d2ffff7fff"), (Int64.min, "d38000000000000000"),
    ])
    func integers_HaveTheirShortestForm(_ value: Int64, _ hex: String) throws {
        var writer = MessagePackWriter()
        writer.integer(value)
        #expect(writer.bytes == Self.bytes(hex))
        #expect(try MessagePackValue(parsing: writer.bytes) == .integer(value))
    }

    @Test(arguments: [
        "", "c1", "cfffffffffffffffff", "a2c3", "a2c328", "c4", "c6ffffffff00", "dfffffffff", "ddffffffff", "92", "c7",
        "c9ffffffff01", "0000", "db00000002ffff",
    ])
    func brokenDocument_IsRefused(_ hex: String) {
        #expect(throws: MessageError.self) { try MessagePackValue(parsing: Self.bytes(hex)) }
    }

    @Test func depthAndNumberOfValues_AreBounded() {
        #expect(throws: MessageError.tooDeep(limit: 8)) {
            try MessagePackValue(parsing: [UInt8](repeating: 0x91, count: 5000) + [0])
        }
        #expect(throws: MessageError.tooManyValues(limit: 512)) {
            try MessagePackValue(parsing: Self.bytes("dc0400") + [UInt8](repeating: 0, count: 1024))
        }
        #expect(throws: MessageError.tooLarge(limit: 65536)) {
            try MessagePackValue(parsing: [UInt8](repeating: 0, count: 65537))
        }
    }

    @Test(arguments: [
        "80", "81a368647280", "81a368647281a570726f746f01", "81a368647282a570726f746fce00010000a3747970a161",
        "81a368647282a570726f746fffa3747970a161", "81a368647282a570726f746f01a3747970a0",
        "82a368647282a570726f746f01a3747970a161a368647282a570726f746f01a3747970a161",
        "81a368647283a570726f746f01a570726f746f01a3747970a161",
        "82a368647282a570726f746f01a3747970a161a4626f6479a161",
        "81a368647283a570726f746f01a3747970a161a570726f7073c3",
        "81a368647283a570726f746f01a3747970a161a570726f707382a16101a16102",
    ])
    func envelopeThatIsNone_IsRefused(_ hex: String) {
        #expect(throws: MessageError.self) { try LinkEnvelope(parsing: Self.bytes(hex)) }
    }

    @Test func missingParts_AreEmpty() throws {
        let envelope = try LinkEnvelope(
            parsing: Self.bytes("82a368647284a570726f746f01a3747970a161a3736964c0a570726f7073c0a4626f6479c0"))
        #expect(envelope == LinkEnvelope(.shell, "a"))
    }

    @Test func fileInfo_KeepsItsTime() throws {
        var file = LinkBody.File(path: "/etc/motd", size: 12, userID: 0, groupID: 0, mode: 0o644)
        file.modified = 1_795_000_000
        #expect(try LinkBody.File(parsing: file.encoded()) == file)
        let short = Self.bytes("82a470617468a12fa76d6f6474696d65d6ff6afd7ec0")
        #expect(try LinkBody.File(parsing: short).modified == 0x6AFD_7EC0)
        #expect(throws: MessageError.missingMember("path")) { try LinkBody.File(parsing: [0x80]) }
    }

    @Test func otherBodies_SurviveWritingAndReading() throws {
        let target = LinkBody.Target(host: "127.0.0.1", port: 22)
        #expect(try LinkBody.Target(parsing: target.encoded()) == target)
        let failure = LinkBody.Failure("no handler", closes: true, messageType: "new")
        #expect(try LinkBody.Failure(parsing: failure.encoded()) == failure)
        #expect(try LinkBody.Path(parsing: LinkBody.Path("/x").encoded()).path == "/x")
    }
}
