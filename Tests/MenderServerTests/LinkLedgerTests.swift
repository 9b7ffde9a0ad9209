import Presence
import Testing
import Wire

@testable import MenderServer

/// What is seen of a session in passing.
@Suite struct LinkLedgerTests {
    private static func forward(_ type: String, _ connection: String?, _ body: [UInt8] = []) -> LinkEnvelope {
        var envelope = LinkEnvelope(.forward, type, body: body)
        if let connection { envelope.set("connection_id", connection) }
        return envelope
    }

    private static let target = LinkBody.Target(host: "h", port: 80).encoded()

    @Test func openings_AreNamed_AndOthersAreNot() throws {
        var ledger = LinkLedger()
        let path = LinkBody.Path("/a").encoded()
        #expect(try ledger.sends(LinkEnvelope(.shell, "new")) == .shell)
        #expect(try ledger.sends(LinkEnvelope(.files, "stat", body: path)) == nil)
        #expect(try ledger.sends(LinkEnvelope(.files, "get_file", body: path)) == .reading(path: "/a"))
        #expect(try ledger.sends(LinkEnvelope(.files, "put_file", body: path)) == .writing(path: "/a"))
        #expect(
            try ledger.sends(Self.forward("new", "c", Self.target)) == .forward(host: "h", port: 80, transport: "tcp"))
        #expect(try ledger.sends(LinkEnvelope(.client, "check-update")) == .command("check-update"))
        #expect(try ledger.sends(LinkEnvelope(.control, "open")) == nil)
        #expect(ledger.openings == 5)
    }

    @Test func contentIsCounted_EachWay() throws {
        var ledger = LinkLedger()
        _ = try ledger.sends(LinkEnvelope(.shell, "shell", body: [1, 2]))
        _ = try ledger.sends(LinkEnvelope(.control, "open", body: [1, 2, 3]))
        ledger.receives(LinkEnvelope(.files, "file_chunk", body: [1, 2, 3]))
        ledger.receives(LinkEnvelope(.files, "file_info", body: [1, 2, 3]))
        #expect(ledger.bytesToDevice == 2 && ledger.bytesFromDevice == 3)
    }

    @Test func goodbye_NamesWhatIsOpen() throws {
        var ledger = LinkLedger()
        #expect(ledger.closingMessages(session: "s", user: "u").map(\.type) == ["close"])
        _ = try ledger.sends(LinkEnvelope(.shell, "new"))
        for connection in ["a", "b", "c"] { _ = try ledger.sends(Self.forward("new", connection, Self.target)) }
        _ = try ledger.sends(Self.forward("stop", "a"))
        ledger.receives(Self.forward("error", "c"))
        // Even a shell that says it ended: the device counts it until it is told.
        ledger.receives(LinkEnvelope(.shell, "stop"))
        let closingMessages = ledger.closingMessages(session: "s", user: "u")
        #expect(closingMessages.map(\.type) == ["stop", "stop", "close"])
        #expect(closingMessages[1].text("connection_id") == "b")
        #expect(closingMessages.allSatisfy { $0.session == "s" && $0.text("user_id") == "u" })
    }

    @Test func openingThatCannotBeRead_DoesNotGo() {
        var ledger = LinkLedger()
        #expect(throws: LinkRefusal.self) { try ledger.sends(LinkEnvelope(.files, "get_file")) }
        #expect(throws: LinkRefusal.self) { try ledger.sends(LinkEnvelope(.files, "put_file", body: [0xC1])) }
        #expect(throws: LinkRefusal.self) { try ledger.sends(Self.forward("new", nil, Self.target)) }
        #expect(throws: LinkRefusal.self) { try ledger.sends(Self.forward("new", "c", [0x80])) }
    }

    @Test func endlessOpenings_AreTooMany() throws {
        var ledger = LinkLedger()
        for _ in 0..<LinkLedger.openingLimit { _ = try ledger.sends(LinkEnvelope(.client, "check-update")) }
        #expect(throws: LinkRefusal.tooMuch) { try ledger.sends(LinkEnvelope(.client, "check-update")) }
        var forwards = LinkLedger()
        for number in 0..<LinkLedger.forwardLimit {
            _ = try forwards.sends(Self.forward("new", "\(number)", Self.target))
        }
        #expect(throws: LinkRefusal.self) { try forwards.sends(Self.forward("new", "more", Self.target)) }
    }
}
