import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// Envelopes of the device link at their limits, cut short, and with any content (docs/protocols/mender.md 13.2).
@Suite struct LinkEnvelopeTests {
    private static func sample() -> LinkEnvelope {
        var envelope = LinkEnvelope(.files, "file_chunk", session: "s-1", body: [0, 1, 0xC0, 0xFF])
        envelope.set("user_id", "u")
        envelope.set("offset", 4096)
        return envelope
    }

    @Test func envelopeCutAnywhere_IsRefused() {
        for cut in Damage.beginnings(of: Self.sample().encoded()) {
            #expect(throws: MessageError.self) { try LinkEnvelope(parsing: cut) }
        }
        #expect(throws: MessageError.self) { try LinkEnvelope(parsing: Self.sample().encoded() + [0xC0]) }
    }

    /// What is taken in spite of damage is forwarded as what it was taken for.
    @Test func damagedEnvelope_MeansTheSameWhenForwarded() throws {
        var taken = 0
        for damaged in Damage.flips(of: Self.sample().encoded(), masks: [0x01, 0x04, 0x10, 0x40, 0x80, 0xFF]) {
            guard let read = try? LinkEnvelope(parsing: damaged) else { continue }
            taken += 1
            #expect(try LinkEnvelope(parsing: read.encoded()) == read)
        }
        #expect(taken > 20)
    }

    @Test func words_Are128BytesAtMost() throws {
        let longest = String(repeating: "w", count: 128)
        let envelope = LinkEnvelope(.shell, longest, session: longest)
        #expect(try LinkEnvelope(parsing: envelope.encoded()) == envelope)
        #expect(throws: MessageError.invalidMember("typ")) {
            try LinkEnvelope(parsing: LinkEnvelope(.shell, longest + "w").encoded())
        }
        #expect(throws: MessageError.invalidMember("sid")) {
            try LinkEnvelope(parsing: LinkEnvelope(.shell, "t", session: longest + "w").encoded())
        }
    }

    @Test func properties_Are32AtMost() throws {
        var envelope = LinkEnvelope(.shell, "t")
        for number in 0..<32 { envelope.set("p\(number)", Int64(number)) }
        #expect(try LinkEnvelope(parsing: envelope.encoded()) == envelope)
        envelope.set("one more", 1)
        #expect(throws: MessageError.tooManyValues(limit: 32)) { try LinkEnvelope(parsing: envelope.encoded()) }
    }

    @Test func message_Is64KibibytesAtMost() throws {
        let frame = LinkEnvelope(.shell, "t", body: [UInt8](repeating: 0, count: 65_000)).encoded().count - 65_000
        let largest = LinkEnvelope(.shell, "t", body: [UInt8](repeating: 7, count: LinkEnvelope.hubLimit - frame))
        #expect(largest.encoded().count == LinkEnvelope.hubLimit)
        #expect(try LinkEnvelope(parsing: largest.encoded()).body.count == largest.body.count)
        let larger = LinkEnvelope(.shell, "t", body: largest.body + [7])
        #expect(throws: MessageError.tooLarge(limit: 65536)) { try LinkEnvelope(parsing: larger.encoded()) }
    }

    /// A chunk with every property that the hub sets fits what a device takes.
    @Test func chunk_FitsADevice() {
        var chunk = LinkEnvelope(
            .files, "file_chunk", session: String(repeating: "s", count: 128),
            body: [UInt8](repeating: 0, count: LinkEnvelope.chunk))
        chunk.set("user_id", String(repeating: "u", count: 128))
        chunk.set("connection_id", String(repeating: "c", count: 128))
        chunk.set("offset", .max)
        #expect(chunk.encoded().count <= LinkEnvelope.deviceLimit)
    }

    @Test func property_IsReplacedInItsPlace() throws {
        var envelope = LinkEnvelope(.shell, "new")
        envelope.set("a", "one")
        envelope.set("b", 2)
        envelope.set("a", 3)
        #expect(envelope.properties.map(\.name) == ["a", "b"])
        #expect(envelope.number("a") == 3 && envelope.text("a") == nil && envelope.number("b") == 2)
        envelope.set("b", "text")
        #expect(envelope.text("b") == "text" && envelope.number("b") == nil && envelope.number("c") == nil)
    }

    /// Devices take an `offset` as signed 64-bit only; other numbers are short.
    @Test(arguments: [0, 1, 127, 4096, Int64.max, -1]) func offset_IsWrittenWide(number: Int64) throws {
        var envelope = LinkEnvelope(.files, "ack")
        envelope.set("offset", number)
        envelope.set("status", number)
        #expect(envelope.properties[0].encoded.count == 9 && envelope.properties[0].encoded[0] == 0xD3)
        var shortest = MessagePackWriter()
        shortest.integer(number)
        #expect(envelope.properties[1].encoded == shortest.bytes)
        #expect(envelope.number("offset") == number && envelope.number("status") == number)
    }

    @Test func unknownMembers_AreSkippedAtBothLevels() throws {
        let header: [MessagePackValue.Member] = [
            .init("new", .array([.integer(1), .map([])])), .init("proto", .integer(1)), .init("typ", .string("a")),
        ]
        let value = MessagePackValue.map([
            .init("x", .binary([1])), .init("hdr", .map(header)), .init("y", .null), .init("body", .binary([9])),
        ])
        var writer = MessagePackWriter()
        value.write(to: &writer)
        #expect(try LinkEnvelope(parsing: writer.bytes) == LinkEnvelope(.shell, "a", body: [9]))
    }

    @Test(arguments: [-1, 0x1_0000, Int64.max]) func protocolNumberBeyond16Bits_IsRefused(number: Int64) {
        var writer = MessagePackWriter()
        MessagePackValue.map([
            .init("hdr", .map([.init("proto", .integer(number)), .init("typ", .string("a"))]))
        ]).write(to: &writer)
        #expect(throws: MessageError.invalidMember("proto")) { try LinkEnvelope(parsing: writer.bytes) }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func envelope_IsReadAsItWasWritten(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<300 {
            var envelope = LinkEnvelope(
                LinkProtocol(rawValue: .random(in: .min ... .max, using: &generator)), "t" + generator.text(0...20),
                session: generator.text(0...20), body: generator.bytes(0...300))
            for number in 0..<Int.random(in: 0...5, using: &generator) {
                envelope.set("n\(number)", Int64.random(in: .min ... .max, using: &generator))
                envelope.set("t\(number)", generator.text(0...40))
            }
            let bytes = envelope.encoded()
            let read = try LinkEnvelope(parsing: bytes)
            #expect(read == envelope && read.encoded() == bytes)
        }
    }
}
