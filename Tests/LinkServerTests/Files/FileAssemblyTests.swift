import Encoding
import Presence
import Testing

@testable import LinkServer

/// Files in parts over a console, in both directions (docs/protocols/device-link.md 11.1).
@Suite struct FileAssemblyTests {
    private static func payload(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    /// What comes of events, each `start NAME`, `stop NAME` or `part NAME NUMBER BASE64`.
    private static func files(_ events: [String]) throws -> [SentFile] {
        var assembly = FileAssembly()
        return try events.compactMap { event in
            let words = event.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            let name = #""filename":"\#(words[1])""#
            switch words[0] {
            case "part":
                return assembly.take(
                    "file-data", try payload(#"{\#(name),"chunk":\#(words[2]),"data":"\#(words[3])"}"#))
            default: return assembly.take("file-data/\(words[0])", try payload("{\(name)}"))
            }
        }
    }

    @Test(
        arguments: [
            (["start a", "part a 0 aGVs", "part a 1 bG8=", "stop a"], [.whole(name: "a", bytes: Array("hello".utf8))]),
            (["start a", "stop a"], [.whole(name: "a", bytes: [])]),
            (
                ["start a", "start b", "part b 0 eA==", "part a 0 eQ==", "stop a", "stop b"],
                [.whole(name: "a", bytes: [0x79]), .whole(name: "b", bytes: [0x78])]
            ),
            (["start a", "part a 0 eA==", "start a", "part a 0 eQ==", "stop a"], [.whole(name: "a", bytes: [0x79])]),
            (["part a 0 eA==", "stop a"], []), (["start a", "stop b"], []),
            (["start a", "part a 1 eA==", "stop a"], [.lost(name: "a", reason: "a part of it is missing or damaged")]),
            (["start a", "part a 0 e", "stop a"], [.lost(name: "a", reason: "a part of it is missing or damaged")]),
            (["start a", "part a \"0\" eA=="], [.lost(name: "a", reason: "a part of it is missing or damaged")]),
            (
                ["start a", "start b", "start c", "start d", "start e", "stop e", "stop d"],
                [
                    .lost(name: "e", reason: "4 files at the same time are the most"), .whole(name: "d", bytes: []),
                ]
            ),
            (["start \(String(repeating: "n", count: 256))", "stop \(String(repeating: "n", count: 256))"], []),
            (["start ", "stop "], []),
        ] as [([String], [SentFile])])
    func parts_BecomeFiles(events: [String], files: [SentFile]) throws {
        #expect(try Self.files(events) == files)
    }

    @Test func fileBeyondTheLimit_IsLost() throws {
        var assembly = FileAssembly()
        let part = Base64.encode([UInt8](repeating: 7, count: 1 << 20))
        _ = assembly.take("file-data/start", try Self.payload(#"{"filename":"big"}"#))
        for number in 0..<10 {
            let members: [JSONValue.Member] = [
                .init("filename", .string("big")), .init("chunk", .number("\(number)")), .init("data", .string(part)),
            ]
            #expect(assembly.take("file-data", .object(members)) == nil)
        }
        let lost = assembly.take("file-data", try Self.payload(#"{"filename":"big","chunk":10,"data":"eA=="}"#))
        #expect(lost == .lost(name: "big", reason: "it has more than 10 MiB"))
    }

    @Test(arguments: ["null", "7", "[]", "{}", #"{"filename":7}"#, #"{"filename":null,"chunk":0,"data":""}"#])
    func malformedEvent_IsPassedOver(_ text: String) throws {
        var assembly = FileAssembly()
        for event in ["file-data/start", "file-data", "file-data/stop", "file-data/none", "else"] {
            #expect(assembly.take(event, try Self.payload(text)) == nil)
        }
    }

    @Test func files_GoToThoseWhoTakeThem_AndAreForgottenWithTheLast() async throws {
        let inbox = ConsoleInbox()
        let (start, stop) = (try Self.payload(#"{"filename":"a"}"#), try Self.payload(#"{"filename":"a"}"#))
        inbox.receive("file-data/start", start)
        var first = inbox.join("1").makeAsyncIterator()
        var second = inbox.join("2").makeAsyncIterator()
        // It began when nobody took it.
        inbox.receive("file-data/stop", stop)
        inbox.receive("file-data/start", start)
        inbox.receive("file-data/stop", stop)
        #expect(await first.next() == .whole(name: "a", bytes: []))
        #expect(await second.next() == .whole(name: "a", bytes: []))
        inbox.receive("file-data/start", start)
        inbox.leave("1")
        inbox.leave("2")
        #expect(await first.next() == nil)
        var third = inbox.join("3").makeAsyncIterator()
        inbox.receive("file-data/stop", stop)
        inbox.end(isOver: true)
        #expect(await third.next() == nil)
        var late = inbox.join("4").makeAsyncIterator()
        #expect(await late.next() == nil)
    }

    @Test(arguments: ["a", "up.txt", "é ü", ".hidden", "a:b", String(repeating: "n", count: 255)])
    func plainName_IsSent(_ name: String) { #expect(ConsoleFiles.isPlainName(name)) }

    @Test(
        arguments: [
            "", ".", "..", "a/b", "/a", "..\\a", "a\0", "a\n", "\u{202E}txt", String(repeating: "n", count: 256),
        ])
    func nameThatLeadsElsewhere_IsNot(_ name: String) { #expect(!ConsoleFiles.isPlainName(name)) }

    @Test func namesThatAreWritten_AreApart_AndFour() throws {
        let names = WrittenNames()
        try names.begin("a")
        #expect(throws: LinkError.self) { try names.begin("a") }
        names.end("a")
        for name in ["a", "b", "c", "d"] { try names.begin(name) }
        #expect(throws: LinkError.tooManySessions(limit: 4)) { try names.begin("e") }
    }
}
