import BaseTestSupport
internal import Encoding
import Testing
import Wire

/// Streams of documents in any pieces, without an end, and with something else behind them (docs/protocols/tunnel.md
/// A2).
@Suite struct TunnelDocumentsTests {
    private static func documents(_ pieces: [[UInt8]]) throws -> [String] {
        var reader = TunnelDocuments()
        var all: [String] = []
        for piece in pieces {
            reader.append(piece)
            while let document = try reader.next() { all.append(String(decoding: document, as: UTF8.self)) }
        }
        return all
    }

    @Test func unfinishedDocument_Is64KibibytesAtMost() throws {
        var reader = TunnelDocuments()
        reader.append([UInt8(ascii: "{")] + [UInt8](repeating: 0x20, count: TunnelDocuments.limit - 1))
        #expect(try reader.next() == nil && reader.held == TunnelDocuments.limit)
        reader.append([0x20])
        #expect(throws: MessageError.tooLarge(limit: TunnelDocuments.limit)) { try reader.next() }
    }

    /// A quote that is never closed hides every bracket behind it.
    @Test func openString_IsBoundedToo() {
        var reader = TunnelDocuments()
        #expect(throws: MessageError.tooLarge(limit: TunnelDocuments.limit)) {
            reader.append(Array("{\"".utf8))
            while true {
                reader.append([UInt8](repeating: UInt8(ascii: "}"), count: 1000))
                let document = try reader.next()
                #expect(document == nil && reader.held <= TunnelDocuments.limit)
            }
        }
    }

    @Test func documentsInARow_AreNotKept() throws {
        var reader = TunnelDocuments()
        for _ in 0..<1000 {
            reader.append(Array("{\"a\":1}\n{\"b\"".utf8))
            #expect(try reader.next() == Array("{\"a\":1}".utf8))
            #expect(try reader.next() == nil)
            reader.append(Array(":2}".utf8))
            #expect(try reader.next() == Array("{\"b\":2}".utf8))
            #expect(reader.held <= 24)
        }
    }

    @Test(arguments: [
        ("hello", ["hello"]), ("  hello", ["hello"]), ("}", ["}"]), ("\"{\"", ["\"{\""]), (" \r\n\t", []),
        ("{}x{}", ["{}", "x{}"]), ("{]", ["{]"]), ("{}}", ["{}", "}"]), ("[}", ["[}"]), ("{}{", ["{}"]),
    ])
    func whatBeginsWithoutABracket_IsHandedOut(text: String, documents: [String]) throws {
        #expect(try Self.documents([Array(text.utf8)]) == documents)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func documents_ComeBackInAnyPieces(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<200 {
            let sent = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                TunnelJSONSample.document(&generator)
            }
            let wire = sent.flatMap { Array(($0 + generator.pick(["", "\n", "\r\n", " \t"])).utf8) }
            #expect(try Self.documents(Damage.pieces(of: wire, upTo: 12, using: &generator)) == sent)
        }
    }

    /// A carriage return that comes by itself may be a key that somebody pressed: it is content, and not held back.
    @Test func carriageReturnByItself_IsContent() throws {
        var reader = TunnelDocuments()
        reader.append(Array("{}\r".utf8))
        #expect(try reader.next() == Array("{}".utf8))
        #expect(reader.rest() == Array("\r".utf8) && !reader.expectsLineEnd)
        reader.append(Array("\nx".utf8))
        #expect(reader.rest() == Array("\nx".utf8))
    }

    /// What leaves JSON behind the last document is the same however it was cut.
    @Test(arguments: ["", "\n"]) func restBehindADocument_IsTheSameInAnyPieces(lineEnd: String) throws {
        let wire = Array("{\"a\":1}\(lineEnd)\n rest".utf8)
        let expected = lineEnd.isEmpty ? " rest" : "\n rest"
        for pieces in Damage.cuts(of: wire) {
            var reader = TunnelDocuments()
            var isJSON = true
            var rest: [UInt8] = []
            for piece in pieces {
                reader.append(piece)
                if isJSON, try reader.next() != nil { isJSON = false }
                if !isJSON { rest += reader.rest() }
            }
            #expect(String(decoding: rest, as: UTF8.self) == expected, "\(pieces)")
        }
    }

    @Test func waiting_IsNothingOrWhiteSpaceOrMore() throws {
        var reader = TunnelDocuments()
        #expect(reader.isEmpty)
        for (text, isEmpty) in [(" \r\n", true), ("{", false)] {
            reader.append(Array(text.utf8))
            #expect(reader.isEmpty == isEmpty)
        }
    }
}

/// Documents whose strings hold what ends documents.
private enum TunnelJSONSample {
    static func document(_ generator: inout SeededGenerator) -> String {
        let pieces = ["a", "{", "}", "[", "]", "\\\"", "\\\\", " ", "\n", ","]
        let text = (0..<Int.random(in: 0...8, using: &generator)).map { _ in generator.pick(pieces) }.joined()
        return generator.pick(["{\"k\":\"\(text)\"}", "[\"\(text)\",{\"k\":[]}]", "{\"\(text)\":{\"k\":[1,{}]}}"])
    }
}
