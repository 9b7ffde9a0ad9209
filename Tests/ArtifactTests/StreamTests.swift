import BaseTestSupport
import Testing

@testable import Artifact

/// The streams below the archives: any content in parts of any length, and limits to the byte.
@Suite struct StreamTests {
    private static func unpack(
        _ packed: [UInt8], _ compression: ArtifactCompression, partLength: Int = 1 << 16,
        limits: ArtifactLimits = ArtifactLimits()
    ) throws(ArtifactError) -> [UInt8] {
        var rest = packed[...]
        let decompressor = Decompressor(compression, name: "it", limits: limits) { () throws(ArtifactError) in
            defer { rest = rest.dropFirst(partLength) }
            return rest.prefix(partLength)
        }
        var content: [UInt8] = []
        while case let part = try decompressor.part(), !part.isEmpty { content += part }
        return content
    }

    @Test(arguments: [ArtifactCompression.gzip, .xz, .zstd]) func content_ComesBackHoweverItIsGiven(
        _ compression: ArtifactCompression
    ) throws {
        var generator = SeededGenerator(7)
        for content in [[0], generator.bytes(1000...1000), [UInt8](repeating: 1, count: 300_000)] {
            var packed: [UInt8] = []
            let compressor = try Compressor(compression) { packed += $0 }
            for piece in Damage.pieces(of: content, upTo: 50_000, using: &generator) {
                try compressor.write(piece[...])
            }
            try compressor.finish()
            for partLength in [1, 13, 1 << 16] {
                #expect(try Self.unpack(packed, compression, partLength: partLength) == content)
            }
            // Nothing of it depends on the time or on the machine.
            #expect(try Fixture.pack(content, compression) == packed || content.count > 1000)
        }
    }

    @Test(arguments: [ArtifactCompression.gzip, .xz, .zstd]) func unpackedSize_IsBoundedToTheByte(
        _ compression: ArtifactCompression
    ) throws {
        let packed = try Fixture.pack([UInt8](repeating: 1, count: 5000), compression)
        #expect(try Self.unpack(packed, compression, limits: ArtifactLimits(unpackedSize: 5000)).count == 5000)
        #expect(throws: ArtifactError.tooLarge("it", limit: 4999)) {
            try Self.unpack(packed, compression, limits: ArtifactLimits(unpackedSize: 4999))
        }
    }

    @Test func failureOfTheSink_IsTheCompressorsFailure() throws {
        let compressor = try Compressor(.gzip) { _ throws(ArtifactError) in throw .changedWhileRead("x") }
        #expect(throws: ArtifactError.changedWhileRead("x")) {
            try compressor.write([UInt8](repeating: 1, count: 100)[...])
            try compressor.finish()
        }
    }

    @Test func wholeArtifact_IsBoundedToTheByte() throws {
        let bytes = try Fixture().bytes()
        #expect(try read(bytes, limits: ArtifactLimits(size: Int64(bytes.count))).size == Int64(bytes.count))
        #expect(throws: ArtifactError.tooLarge("the artifact", limit: Int64(bytes.count) - 1)) {
            try read(bytes, limits: ArtifactLimits(size: Int64(bytes.count) - 1))
        }
    }

    @Test func bytes_AreCutAsTheyAreAskedFor() throws {
        var parts: [[UInt8]] = [[1, 2, 3], [4], [5, 6]]
        let reader = ByteReader { () throws(ArtifactError) in parts.isEmpty ? [] : parts.removeFirst()[...] }
        #expect(try reader.part(atMost: 2) == [1, 2] && reader.position == 2)
        #expect(try reader.block(3) == [3, 4, 5])
        #expect(try reader.part(atMost: 9) == [6] && reader.position == 6)
        #expect(try reader.part(atMost: 9).isEmpty && reader.block(1) == nil)
    }

    @Test func blockThatEndsEarly_IsTruncated() {
        var parts: [[UInt8]] = [[1, 2]]
        let reader = ByteReader { () throws(ArtifactError) in parts.isEmpty ? [] : parts.removeFirst()[...] }
        #expect(throws: ArtifactError.truncated) { try reader.block(3) }
    }

    /// Below a mebibyte in memory, above it in a file, in one order.
    @Test(arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000]) func spool_GivesBackWhatItTook(size: Int) throws {
        let folder = try Folder()
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let spool = Spool(folder.path + "/spool")
        for start in stride(from: 0, to: size, by: 700_001) {
            try spool.write(content[start..<min(start + 700_001, size)])
        }
        #expect(spool.size == Int64(size))
        var drained: [UInt8] = []
        try spool.drain { drained += $0 }
        #expect(drained == content)
    }

    @Test func spoolWithoutAFile_KeepsSixteenMebibytesAtMost() throws {
        let spool = Spool(nil)
        let part = [UInt8](repeating: 1, count: 1 << 20)
        for _ in 0..<16 { try spool.write(part[...]) }
        #expect(throws: ArtifactError.tooLarge("the payload", limit: 16 << 20)) { try spool.write([1]) }
    }
}
