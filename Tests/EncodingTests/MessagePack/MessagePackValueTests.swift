internal import BaseTestSupport
import Encoding
import Testing

/// Trees of values, whole and broken.
@Suite struct MessagePackValueTests {
    private static func value(_ random: inout SeededGenerator, depth: Int) -> MessagePackValue {
        switch Int.random(in: 0...(depth > 0 ? 8 : 6), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2: .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random))
        case 3: .float(Double.random(in: -1e9...1e9, using: &random))
        case 4: .string(String(repeating: "é", count: Int.random(in: 0...40, using: &random)))
        case 5: .binary(random.bytes(Int.random(in: 0...40, using: &random)))
        case 6:
            .extension(
                type: Int8.random(in: .min ... .max, using: &random),
                random.bytes(Int.random(in: 0...18, using: &random)))
        case 7: .array((0..<Int.random(in: 0...17, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            .map(
                (0..<Int.random(in: 0...17, using: &random)).map { number in
                    .init("n\(number)", value(&random, depth: depth - 1))
                })
        }
    }

    private static func bytes(_ value: MessagePackValue) -> [UInt8] {
        var writer = MessagePackWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func value_IsReadAsItWasWritten(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let value = Self.value(&random, depth: 2)
        let bytes = Self.bytes(value)
        let limits = MessagePackLimits(bytes: 1 << 20, depth: 3, values: 10_000)
        #expect(try MessagePackValue(parsing: bytes, limits: limits) == value)
        var reader = try MessagePackReader(bytes, limits: limits)
        #expect(try reader.readRaw() == bytes)
        try reader.finish()
    }

    @Test(arguments: 0..<30 as Range<UInt64>) func truncatedValue_IsRefused(seed: UInt64) {
        var random = SeededGenerator(seed)
        let bytes = Self.bytes(.array([Self.value(&random, depth: 1), .null]))
        for broken in Damage.beginnings(of: bytes) + [bytes + [0xC0]] {
            #expect(throws: MessageError.self) { try MessagePackValue(parsing: broken) }
        }
    }

    /// With one bit changed it is refused or another value, whose own bytes lead back to it.
    @Test(arguments: 0..<10 as Range<UInt64>) func flippedBit_IsReadOrRefused(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let bytes = Self.bytes(.map([.init("a", Self.value(&random, depth: 1)), .init("b", .integer(300))]))
        for broken in Damage.bitFlips(of: bytes) {
            guard let read = try? MessagePackValue(parsing: broken) else { continue }
            let again = Self.bytes(read)
            #expect(try Self.bytes(MessagePackValue(parsing: again)) == again)
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func randomBytes_AreReadOrRefused(seed: UInt64) {
        var random = SeededGenerator(seed)
        for _ in 0..<50 {
            let bytes = random.bytes(Int.random(in: 0...60, using: &random))
            guard var reader = try? MessagePackReader(bytes), var skipper = try? MessagePackReader(bytes) else {
                Issue.record("\(bytes.count) bytes are not too many")
                return
            }
            let wasRead = (try? MessagePackValue(&reader)) != nil
            let wasSkipped = (try? skipper.skipValue()) != nil
            // An integer beyond 63 bits is skipped and not read.
            #expect(wasSkipped || !wasRead)
        }
    }

    @Test func members_AreFoundByName() {
        let value = MessagePackValue.map([
            .init("a", .integer(1)), .init("b", .map([.init("a", .null)])), .init("a", .integer(2)),
        ])
        #expect(value["a"] == .integer(1) && value["b"]?["a"] == .null && value["c"] == nil)
        #expect(MessagePackValue.array([])["a"] == nil && MessagePackValue.null["a"] == nil)
    }
}
