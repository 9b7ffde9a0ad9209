import Encoding
import Testing

/// Each value in its shortest form, byte by byte as the specification has it.
@Suite struct MessagePackWriterTests {
    private static func bytes(_ write: (inout MessagePackWriter) -> Void) -> String {
        var writer = MessagePackWriter()
        write(&writer)
        return Hex.encode(writer.bytes)
    }

    @Test(arguments: [
        (Int64(0), "00"), (1, "01"), (127, "7f"), (128, "cc80"), (255, "ccff"), (256, "cd0100"), (65_535, "cdffff"),
        (65_536, "ce00010000"), (4_294_967_295, "ceffffffff"), (4_294_967_296, "cf0000000100000000"),
        (.max, "cf7fffffffffffffff"), (-1, "ff"), (-32, "e0"), (-33, "d0df"), (-128, "d080"), (-129, "d1ff7f"),
        (-32_768, "d18000"), (-32_769, "d2ffff7fff"), (-2_147_483_648, "d280000000"),
        (-2_147_483_649, "d3ffffffff7fffffff"), (.min, "d38000000000000000"),
    ])
    func integer_TakesTheShortestForm_AndIsReadBack(value: Int64, digits: String) throws {
        #expect(Self.bytes { $0.integer(value) } == digits)
        var reader = try MessagePackReader(Hex.decode(digits) ?? [])
        #expect(try reader.peek() == .integer)
        #expect(try reader.readInteger() == value)
        try reader.finish()
    }

    @Test func formsThatAreAskedFor_AreTaken() {
        #expect(
            Self.bytes { $0.int64(1) } == "d30000000000000001" && Self.bytes { $0.int64(-1) } == "d3ffffffffffffffff")
        #expect(Self.bytes { $0.uint16(1) } == "cd0001" && Self.bytes { $0.uint16(.max) } == "cdffff")
        #expect(
            Self.bytes { $0.float(1.5) } == "cb3ff8000000000000"
                && Self.bytes { $0.float(-0.0) } == "cb8000000000000000")
        #expect(
            Self.bytes { $0.null() } == "c0" && Self.bytes { $0.bool(false) } == "c2"
                && Self.bytes { $0.bool(true) } == "c3")
        #expect(Self.bytes { $0.raw([0xC1, 1]) } == "c101", "as it is")
    }

    @Test(arguments: [
        (0, "a0"), (31, "bf"), (32, "d920"), (255, "d9ff"), (256, "da0100"), (65_535, "daffff"), (65_536, "db00010000"),
    ])
    func string_HasItsLengthInFront(count: Int, head: String) throws {
        let text = String(repeating: "x", count: count)
        #expect(Self.bytes { $0.string(text) } == head + String(repeating: "78", count: count))
        var writer = MessagePackWriter()
        writer.string(text)
        var reader = try MessagePackReader(writer.bytes, limits: MessagePackLimits(bytes: 70_000, depth: 1, values: 1))
        #expect(try reader.readString() == text)
    }

    @Test func lengthOfAString_IsInBytes() {
        #expect(Self.bytes { $0.string("é") } == "a2c3a9")
        #expect(Self.bytes { $0.string(String(repeating: "é", count: 16)) }.hasPrefix("d920"))
    }

    @Test(arguments: [
        (0, "c400"), (1, "c401"), (255, "c4ff"), (256, "c50100"), (65_535, "c5ffff"), (65_536, "c600010000"),
    ])
    func binary_HasItsLengthInFront(count: Int, head: String) throws {
        let content = [UInt8](repeating: 0xAB, count: count)
        #expect(Self.bytes { $0.binary(content) } == head + Hex.encode(content))
        var writer = MessagePackWriter()
        writer.binary(content)
        var reader = try MessagePackReader(writer.bytes, limits: MessagePackLimits(bytes: 70_000, depth: 1, values: 1))
        #expect(try reader.readBinary() == content)
    }

    @Test(arguments: [
        (0, "c700"), (1, "d4"), (2, "d5"), (3, "c703"), (4, "d6"), (8, "d7"), (15, "c70f"), (16, "d8"), (17, "c711"),
        (255, "c7ff"), (256, "c80100"), (65_536, "c900010000"),
    ])
    func extension_HasItsTypeBehindItsLength(count: Int, head: String) throws {
        let content = [UInt8](repeating: 0xAB, count: count)
        #expect(Self.bytes { $0.extension(type: -1, content) } == head + "ff" + Hex.encode(content))
        var writer = MessagePackWriter()
        writer.extension(type: 5, content)
        var reader = try MessagePackReader(writer.bytes, limits: MessagePackLimits(bytes: 70_000, depth: 1, values: 1))
        let read = try reader.readExtension()
        #expect(read.type == 5 && read.bytes == content)
    }

    @Test(arguments: [
        (0, "90", "80"), (15, "9f", "8f"), (16, "dc0010", "de0010"), (65_535, "dcffff", "deffff"),
        (65_536, "dd00010000", "df00010000"),
    ])
    func containers_BeginWithTheirCount(count: Int, array: String, map: String) {
        #expect(Self.bytes { $0.array(count) } == array && Self.bytes { $0.map(count) } == map)
    }
}
