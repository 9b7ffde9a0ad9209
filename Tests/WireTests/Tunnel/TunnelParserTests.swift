internal import Encoding
import Testing
import Wire

/// Parsers of tunnels against every way bytes may arrive.
@Suite struct TunnelParserTests {
    @Test(arguments: [0, 1, 192, 219, 0xC0DB, 0xDBC0, 0xFFFE] as [UInt16])
    func frame_ComesBackHoweverItIsCut(address: UInt16) throws {
        let content = (0...255).map { UInt8($0) } + [0xDB, 0xC0, 0xDB, 0xDC, 0xDD]
        let bytes = SLIP.frame(address: address, content)
        #expect(bytes.dropLast().allSatisfy { $0 != 0xC0 })
        for cut in bytes.indices {
            let read = try SLIPReader.frames(in: [Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(read.count == 1 && read[0].0 == address && read[0].1 == content)
        }
    }

    @Test func endlessFrame_IsRefused() throws {
        var reader = SLIPReader()
        let piece = [UInt8](repeating: 1, count: 1 << 18)
        var position = 0
        for _ in 0..<4 {
            position = 0
            // What came so far is given out; it is still the same frame.
            while try reader.next(in: piece.span, at: &position) != nil { #expect(reader.held <= SLIP.pieceLimit) }
        }
        position = 0
        #expect(throws: MessageError.tooLarge(limit: SLIP.frameLimit)) {
            try reader.next(in: piece.span, at: &position)
        }
    }

    @Test(arguments: [1, 7, 65_535, 65_536, 65_537, 100_000]) func longFrame_ComesInPartsAndIsNotKept(piece: Int) throws
    {
        let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = SLIP.frame(address: 9, content) + SLIP.frame(address: 8, [1, 2, 3])
        let pieces = stride(from: 0, to: bytes.count, by: piece).map { Array(bytes[$0..<min($0 + piece, bytes.count)]) }
        let read = try SLIPReader.frames(in: pieces)
        #expect(read.dropLast().allSatisfy { $0.0 == 9 && !$0.1.isEmpty && $0.1.count <= 200_000 })
        #expect(read.dropLast().flatMap(\.1) == content && read.last?.0 == 8 && read.last?.1 == [1, 2, 3])
    }

    @Test func longFrameForTheProxy_StaysWhole() throws {
        let content = [UInt8](repeating: 7, count: 100_000)
        let bytes = SLIP.frame(address: 0, content)
        let read = try SLIPReader.frames(in: [Array(bytes[..<50_000]), Array(bytes[50_000...])])
        #expect(read.count == 1 && read[0].1 == content)
    }

    @Test func documents_AreCutAtTheirBrackets() throws {
        let text = Array(#" {"a":"}{\"","b":[{}]}[1]{"c":1}"#.utf8)
        for cut in text.indices {
            var reader = TunnelDocuments()
            var all: [String] = []
            for piece in [text[..<cut], text[cut...]] {
                reader.append(Array(piece))
                while let document = try reader.next() { all.append(String(decoding: document, as: UTF8.self)) }
            }
            #expect(all == [#"{"a":"}{\"","b":[{}]}"#, "[1]", #"{"c":1}"#])
            #expect(reader.isEmpty)
        }
    }

    @Test(arguments: [
        ("{}\nrest", "rest"), ("{}\r\nrest", "rest"), ("{}\n\nrest", "\nrest"), ("{}rest", "rest"),
        ("{} rest", " rest"),
    ])
    func lineEndOfTheLastDocument_BelongsToIt(text: String, rest: String) throws {
        var reader = TunnelDocuments()
        reader.append(Array(text.utf8))
        #expect(try reader.next() != nil)
        #expect(String(decoding: reader.rest(), as: UTF8.self) == rest)
    }

    @Test func lineEnd_MayComeLater() throws {
        var reader = TunnelDocuments()
        reader.append(Array("{}".utf8))
        #expect(try reader.next() != nil)
        #expect(reader.rest().isEmpty && reader.expectsLineEnd)
        reader.append(Array("\nx".utf8))
        #expect(reader.rest() == [UInt8(ascii: "x")] && !reader.expectsLineEnd)
    }

    @Test func uuid_IsReadWithAndWithoutBraces() throws {
        let uuid = try #require(TunnelUUID("{AAAAAAAA-0000-4000-8000-000000000001}"))
        #expect(uuid.plain == "aaaaaaaa-0000-4000-8000-000000000001")
        #expect(TunnelUUID(uuid.plain) == uuid && TunnelUUID(uuid.braced) == uuid)
        for bad in [
            "", "{}", "aaaaaaaa-0000-4000-8000-00000000000", "{aaaaaaaa-0000-4000-8000-000000000001",
            "aaaaaaaa00000-4000-8000-000000000001", "gaaaaaaa-0000-4000-8000-000000000001",
        ] {
            #expect(TunnelUUID(bad) == nil)
        }
    }

    @Test(arguments: [false, true]) func introspection_IsTheSameButForItsNumber(isProxy: Bool) throws {
        for id in [0, -1, 7, Int64.max, Int64.min] {
            let made = TunnelMessages.introspection(id, isProxy: isProxy)
            // Written anew from what it says: compact, and its keys in their order.
            let value = try JSONValue(parsing: made, limits: JSONLimits(bytes: 1 << 20))
            #expect(value["id"]?.integer == id)
            #expect(TunnelJSON.compact(value) + [0x0A] == made)
        }
    }

    @Test func introspection_NamesWhatTheSpecificationDoes() throws {
        let answer = try JSONValue(
            parsing: TunnelMessages.introspection(3, isProxy: false),
            limits: JSONLimits(bytes: 1 << 20))
        let methods = try #require(answer["params"]?["methods"])
        #expect(
            methods.members?.map(\.name) == [
                "Authentication.Authenticate", "RemoteProxy.Hello", "RemoteProxy.Introspect",
            ])
        #expect(
            methods["Authentication.Authenticate"]?["params"]?.members?.map(\.name) == [
                "name", "o:nonce", "token", "uuid",
            ])
        #expect(methods["RemoteProxy.Introspect"]?["returns"]?["types"]?.string == "Object")
        let types = try #require(answer["params"]?["types"])
        #expect(types["AuthenticationError"]?.array?.count == 6)
        #expect(types["BasicType"]?.array?.last?.string == "Object")
        #expect(answer["params"]?["notifications"]?.members?.map(\.name) == ["RemoteProxy.TunnelEstablished"])
    }
}
