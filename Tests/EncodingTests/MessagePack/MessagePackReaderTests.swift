internal import BaseTestSupport
import Encoding
import Testing

/// Reading, value by value: any form a peer may choose, and nothing that is none.
@Suite struct MessagePackReaderTests {
    private static func reader(_ digits: String, _ limits: MessagePackLimits = .message) throws -> MessagePackReader {
        try MessagePackReader(Hex.decode(digits) ?? [], limits: limits)
    }

    /// Longer forms than needed are right as well.
    @Test(arguments: [
        ("cc01", Int64(1)), ("cd0001", 1), ("ce00000001", 1), ("cf0000000000000001", 1), ("d001", 1), ("d10001", 1),
        ("d200000001", 1), ("d30000000000000001", 1), ("d0ff", -1), ("d1ffff", -1), ("d2ffffffff", -1),
        ("d3ffffffffffffffff", -1),
    ])
    func integerOfAnyForm_IsRead(digits: String, value: Int64) throws {
        var reader = try Self.reader(digits)
        #expect(try reader.readInteger() == value)
        try reader.finish()
        var skipping = try Self.reader(digits)
        try skipping.skipValue()
        try skipping.finish()
    }

    @Test func integerBeyond63Bits_IsRefused_ButSkipped() throws {
        var reader = try Self.reader("cf8000000000000000")
        #expect(throws: MessageError.self) { try reader.readInteger() }
        var skipping = try Self.reader("cfffffffffffffffff")
        try skipping.skipValue()
        try skipping.finish()
    }

    @Test(arguments: [
        ("ca3fc00000", 1.5), ("cb3ff8000000000000", 1.5), ("ca80000000", -0.0), ("cb7ff0000000000000", .infinity),
        ("ca7f800000", .infinity), ("cb3fb999999999999a", 0.1),
    ])
    func float_IsOfEitherWidth(digits: String, value: Double) throws {
        var reader = try Self.reader(digits)
        #expect(try reader.peek() == .float)
        #expect(try reader.readFloat().bitPattern == value.bitPattern)
        try reader.finish()
    }

    @Test(arguments: [
        ("00", MessagePackReader.Kind.integer), ("7f", .integer), ("e0", .integer), ("ff", .integer), ("cc", .integer),
        ("d3", .integer), ("80", .map), ("de", .map), ("df", .map), ("90", .array), ("dc", .array), ("dd", .array),
        ("a0", .string), ("d9", .string), ("db", .string), ("c0", .null), ("c2", .bool), ("c3", .bool), ("c4", .binary),
        ("c6", .binary), ("c7", .extension), ("c9", .extension), ("d4", .extension), ("d8", .extension), ("ca", .float),
        ("cb", .float),
    ])
    func kind_IsSeenBeforeItIsRead(digits: String, kind: MessagePackReader.Kind) throws {
        #expect(try Self.reader(digits).peek() == kind)
    }

    @Test(arguments: ["", "c1"]) func noValue_IsRefused(digits: String) throws {
        var reader = try Self.reader(digits)
        #expect(throws: MessageError.notMessagePack(offset: 0)) { try reader.peek() }
        #expect(throws: MessageError.notMessagePack(offset: 0)) { try reader.skipValue() }
    }

    /// A length is a claim: nothing is made of it before the bytes are there.
    @Test(arguments: [
        "d9ff", "daffff", "dbffffffff", "c4ff", "c5ffff", "c6ffffffff", "c7ff01", "c9ffffffff01", "d801", "dd7fffffff",
        "dfffffffff", "dcffff", "deffff", "9f", "8f", "a1", "a2c3", "cd00", "cf00", "ca00", "91", "81a161",
    ])
    func lengthBeyondTheEnd_IsRefused(digits: String) throws {
        let bytes = Hex.decode(digits) ?? []
        #expect(throws: MessageError.self) { try MessagePackValue(parsing: bytes) }
        var reader = try MessagePackReader(bytes)
        #expect(throws: MessageError.self) { try reader.skipValue() }
    }

    @Test(arguments: ["a1ff", "a2c328", "a3eda080", "d902c0af"]) func stringThatIsNoText_IsRefused(digits: String)
        throws
    {
        var reader = try Self.reader(digits)
        #expect(throws: MessageError.self) { try reader.readString() }
    }

    @Test func valueOfAnotherType_IsRefused() throws {
        for digits in ["00", "c0", "c2", "a161", "c40100", "90", "80", "d40101", "ca00000000"] {
            var kinds = 0
            func attempt(_ read: (inout MessagePackReader) throws -> Void) throws {
                var reader = try Self.reader(digits)
                if (try? read(&reader)) != nil { kinds += 1 }
            }
            try attempt { _ = try $0.readInteger() }
            try attempt { try $0.readNull() }
            try attempt { _ = try $0.readBool() }
            try attempt { _ = try $0.readString() }
            try attempt { _ = try $0.readBinary() }
            try attempt { _ = try $0.readExtension() }
            try attempt { _ = try $0.readFloat() }
            try attempt { try $0.readArray { reader throws(MessageError) in try reader.skipValue() } }
            try attempt { try $0.readMap { _, reader throws(MessageError) in try reader.skipValue() } }
            #expect(kinds == 1, "\(digits) is of one type")
        }
    }

    @Test func keysThatAreNoStrings_AreSkippedWithTheirValues() throws {
        var reader = try Self.reader("84" + "a16101" + "0102" + "c0a162" + "a16203")
        var seen: [String] = []
        try reader.readMap { name, reader throws(MessageError) in seen.append("\(name)=\(try reader.readInteger())") }
        try reader.finish()
        #expect(seen == ["a=1", "b=3"])
    }

    @Test func rawValue_IsHandedOnAsItCame() throws {
        var reader = try Self.reader("93" + "cd0001" + "81a161d9017a" + "c0")
        var raw: [String] = []
        try reader.readArray { reader throws(MessageError) in raw.append(Hex.encode(try reader.readRaw())) }
        #expect(raw == ["cd0001", "81a161d9017a", "c0"], "longer forms stay what they are")
    }

    @Test func limits_AreThoseThatWereGiven() throws {
        let bytes = Hex.decode("93010203") ?? []
        _ = try MessagePackValue(parsing: bytes, limits: MessagePackLimits(bytes: 4, depth: 1, values: 4))
        #expect(throws: MessageError.tooLarge(limit: 3)) {
            try MessagePackValue(parsing: bytes, limits: MessagePackLimits(bytes: 3, depth: 1, values: 4))
        }
        #expect(throws: MessageError.tooManyValues(limit: 3)) {
            try MessagePackValue(parsing: bytes, limits: MessagePackLimits(bytes: 4, depth: 1, values: 3))
        }
        let deepest = [UInt8](repeating: 0x91, count: 8) + [0xC0]
        _ = try MessagePackValue(parsing: deepest)
        #expect(throws: MessageError.tooDeep(limit: 8)) { try MessagePackValue(parsing: [0x91] + deepest) }
        var reader = try MessagePackReader([0x91] + deepest)
        #expect(throws: MessageError.tooDeep(limit: 8)) { try reader.skipValue() }
    }

    @Test func partOfALargerMessage_IsReadAlone() throws {
        let bytes: [UInt8] = [0xC1, 0xC1, 0x92, 0x01, 0xA1, 0x61, 0xC1]
        var reader = try MessagePackReader(bytes[2..<6])
        #expect(try MessagePackValue(&reader) == .array([.integer(1), .string("a")]))
        try reader.finish()
        var behind = try MessagePackReader(bytes[2...])
        try behind.skipValue()
        #expect(throws: MessageError.notMessagePack(offset: 4)) { try behind.finish() }
    }
}
