import BaseTestSupport
internal import Encoding
import Testing

@testable import Wire

/// The rules of docs/protocols/idprov.md 2 for the strings beside a published hub.
@Suite struct TXTRecordTests {
    private static let rules: [(strings: [String], path: String)] = [
        ([], "/idprov/directory"), (["txtvers=1"], "/idprov/directory"), (["directory=/a", "path=/b"], "/b"),
        (["directory=/a"], "/a"), (["PATH=/a"], "/a"), (["pAtH=/a", "path=/b"], "/a"), (["path=/a", "path=/b"], "/a"),
        (["path=", "path=/b", "directory=/c"], "/c"), (["path", "directory=/c"], "/c"), (["path=a"], "/a"),
        (["path=/a=b=c"], "/a=b=c"), (["=path=/x"], "/idprov/directory"), (["paths=/x"], "/idprov/directory"),
        (["pat=/x", " path=/y"], "/idprov/directory"), (["path=/a?b"], "/a?b"),
    ]

    @Test func path_IsTakenByTheRules() throws {
        for (strings, path) in Self.rules { #expect(try TXTRecord.directoryPath(strings) == path, "\(strings)") }
    }

    @Test(arguments: ["https://x/", "a://", "/a b", "/a\u{0}", "/a\n", "/é", "/#"])
    func valueThatIsNoPath_IsRefused(value: String) {
        for key in ["path", "directory"] {
            #expect(throws: MessageError.notALocation) { try TXTRecord.directoryPath(["\(key)=\(value)"]) }
        }
        // The other key is not asked for a better one: the hub said what it said.
        #expect(throws: MessageError.notALocation) { try TXTRecord.directoryPath(["path=\(value)", "directory=/a"]) }
    }

    @Test func path_IsAThousandBytesAtMost() throws {
        let longest = "/" + String(repeating: "p", count: 1023)
        #expect(try TXTRecord.directoryPath(["path=\(longest)"]) == longest)
        #expect(throws: MessageError.notALocation) { try TXTRecord.directoryPath(["path=\(longest)p"]) }
        #expect(throws: MessageError.notALocation) { try TXTRecord.directoryPath(["path=\(longest.dropFirst())p"]) }
    }

    /// Text that only looks like a key to Unicode is another key.
    @Test func key_IsComparedByBytes() throws {
        #expect(TXTRecord.value(of: "k", in: ["\u{212A}=1", "K=2"]) == "2")
        #expect(TXTRecord.value(of: "k", in: ["k\u{301}=1"]) == nil)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func anyStrings_GiveAPathOrAreRefused(seed: UInt64) {
        var generator = SeededGenerator(seed)
        for _ in 0..<1000 {
            let strings = (0..<3).map { _ in
                generator.pick(["path=", "directory=", "Path=/", "", "x="]) + generator.text(0...6)
            }
            guard let path = try? TXTRecord.directoryPath(strings) else { continue }
            #expect(path.utf8.first == UInt8(ascii: "/") && path.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        }
    }
}
