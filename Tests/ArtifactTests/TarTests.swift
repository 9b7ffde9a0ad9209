import BaseTestSupport
import Testing

@testable import Artifact

/// Tar archives as the writer makes them, as others make them, and at their limits.
@Suite struct TarTests {
    private struct File: Equatable {
        var name: String
        var content: [UInt8]
    }

    private static func write(_ files: [File]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let tar = TarWriter { bytes += $0 }
        for file in files { try tar.add(file.name, file.content) }
        try tar.finish()
        return bytes
    }

    private static func reader(_ bytes: [UInt8], partLength: Int = 1 << 16) -> TarReader {
        var rest = bytes[...]
        let source: ArtifactSource = { () throws(ArtifactError) in
            defer { rest = rest.dropFirst(partLength) }
            return rest.prefix(partLength)
        }
        return TarReader(ByteReader(source), archive: "it")
    }

    private static func read(_ bytes: [UInt8], partLength: Int = 1 << 16) throws(ArtifactError) -> [File] {
        let tar = reader(bytes, partLength: partLength)
        var files: [File] = []
        while let entry = try tar.next() {
            files.append(File(name: entry.name, content: try tar.whole(entry, limit: 1 << 20)))
        }
        return files
    }

    /// The same bytes for the same content, as `tar --format=ustar` checks them.
    @Test func record_IsThatOfAPlainFile() throws {
        let block = TarHeader(name: Array("version".utf8), size: 31).encoded()
        func field(_ range: Range<Int>) -> String { String(decoding: block[range], as: UTF8.self) }
        #expect(block.count == 512 && field(0..<8) == "version\u{0}")
        #expect(field(100..<124) == "0000600\u{0}0000000\u{0}0000000\u{0}")
        #expect(field(124..<148) == "00000000037\u{0}00000000000\u{0}")
        #expect(field(156..<157) == "0" && field(257..<265) == "ustar\u{0}00")
        let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        #expect(field(148..<156) == "0" + String(sum, radix: 8) + "\u{0} ")
        #expect(try TarHeader(block, in: "it") == TarHeader(name: Array("version".utf8), size: 31))
    }

    @Test(arguments: [0, 1, 511, 512, 513, 1024]) func content_IsFilledUpToARecord(size: Int) throws {
        let files = [File(name: "a", content: [UInt8](repeating: 7, count: size)), File(name: "b", content: [])]
        let bytes = try Self.write(files)
        #expect(bytes.count == 512 * (2 + (size + 511) / 512 + 2))
        #expect(try Self.read(bytes) == files)
    }

    @Test(arguments: [99, 100, 101, 255, 4000]) func name_OfAnyLengthComesBack(length: Int) throws {
        let files = [File(name: String(repeating: "n", count: length), content: [1])]
        let bytes = try Self.write(files)
        // Longer names are told by a record in front.
        #expect((bytes[156] == TarHeader.Kind.extended.rawValue) == (length > 100))
        #expect(try Self.read(bytes) == files)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func archive_ComesBackInPartsOfAnyLength(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<20 {
            let files = (0..<Int.random(in: 0...4, using: &generator)).map { number in
                File(
                    name: "\(number)" + generator.pick(["", "é", "/x", String(repeating: "y", count: 120)]),
                    content: generator.bytes(0...1500))
            }
            let bytes = try Self.write(files)
            for partLength in [1, 7, 512, 513] { #expect(try Self.read(bytes, partLength: partLength) == files) }
        }
    }

    /// Wherever it ends, it is not taken for whole; one record of zeros is no end.
    @Test func archiveCutAnywhere_IsRefused() throws {
        let bytes = try Self.write([File(name: String(repeating: "n", count: 101), content: [1, 2, 3])])
        for cut in Damage.beginnings(of: bytes) {
            #expect(throws: ArtifactError.self, "\(cut.count)") { try Self.read(cut) }
        }
    }

    /// A changed byte is seen, but for those that the sum of a record sees and the file's own digest covers.
    @Test func changedRecord_IsRefused() throws {
        let bytes = try Self.write([File(name: "a", content: [UInt8](repeating: 1, count: 512))])
        for place in [0, 1, 99, 100, 124, 135, 136, 148, 153, 156, 157, 257, 262, 263, 345, 499, 511, 1024, 1535, 2047]
        {
            for mask in [0x01, 0x40, 0xFF] as [UInt8] {
                var changed = bytes
                changed[place] ^= mask
                #expect(throws: ArtifactError.self, "\(place)") { try Self.read(changed) }
            }
        }
    }

    @Test func fill_IsTwentyRecordsOfZerosAtMost() throws {
        let bytes = try Self.write([])
        #expect(try Self.read(bytes + [UInt8](repeating: 0, count: 10_240)).isEmpty)
        #expect(throws: ArtifactError.trailingBytes("it")) {
            try Self.read(bytes + [UInt8](repeating: 0, count: 10_241))
        }
        #expect(throws: ArtifactError.trailingBytes("it")) { try Self.read(bytes + [1]) }
    }

    @Test func whatIsNotReadOfAFile_IsPassedOver() throws {
        let files = [File(name: "a", content: [UInt8](repeating: 1, count: 5000)), File(name: "b", content: [2])]
        let tar = Self.reader(try Self.write(files), partLength: 100)
        let first = try #require(try tar.next())
        #expect(first == TarEntry(name: "a", size: 5000, modified: 0))
        let part = try tar.part()
        #expect((1...100).contains(part.count))
        #expect(throws: ArtifactError.tooLarge("a", limit: 4999)) { try tar.whole(first, limit: 4999) }
        let second = try #require(try tar.next())
        #expect(try tar.whole(second, limit: 1) == [2])
        #expect(try tar.part().isEmpty)
        #expect(try tar.next() == nil && tar.next() == nil)
    }

    @Test(arguments: [("path", "x"), ("size", "1234"), ("path", String(repeating: "p", count: 90))])
    func extendedRecord_CountsItself(key: String, value: String) throws {
        let record = ExtendedRecords.encode(key, Array(value.utf8))
        #expect(String(decoding: record, as: UTF8.self) == "\(record.count) \(key)=\(value)\n")
        let read = try ExtendedRecords(record, in: "it")
        #expect(read.path.map { String(decoding: $0, as: UTF8.self) } == (key == "path" ? value : nil))
        #expect(read.size == (key == "size" ? 1234 : nil))
    }

    /// Lengths around which one digit more makes the record longer, which may make another digit.
    @Test func lengthOfARecord_IsRightAtEveryNumberOfDigits() throws {
        for length in [0, 1, 2, 3, 88, 89, 90, 91, 92, 93, 987, 988, 989, 990, 991, 992, 993, 9986, 9987, 9988, 9989] {
            let value = [UInt8](repeating: 0x70, count: length)
            let record = ExtendedRecords.encode("path", value)
            #expect(try ExtendedRecords(record, in: "it").path == value)
            #expect(record.starts(with: "\(record.count) ".utf8))
        }
    }

    private static let badRecords: [(text: String, error: ArtifactError)] = [
        ("x", .damaged("it")), ("7 path=", .damaged("it")), ("9 path=ab", .damaged("it")), ("8 path\n", .damaged("it")),
        ("0 path=a\n", .damaged("it")), ("-9 path=a\n", .damaged("it")), ("999 path=a\n", .damaged("it")),
        ("999999999 path=a\n", .damaged("it")), ("2 \n", .damaged("it")), ("10 size=x\n", .damaged("it")),
        ("9 size=\n", .damaged("it")), ("11 size=-1\n", .damaged("it")), ("11 size=+1\n", .damaged("it")),
        ("28 size=99999999999999999999\n", .damaged("it")), ("10 size=1\n10 size=1\n", .damaged("it")),
        ("10 path=a\n10 path=b\n", .duplicate("the name of an entry in it")),
        ("14 linkpath=a\n", .notAPlainFile("an entry of it with linkpath")),
        ("19 GNU.sparse.a=bb\n", .notAPlainFile("an entry of it with GNU.sparse.a")),
    ]

    @Test func brokenRecords_AreRefused() {
        for (text, error) in Self.badRecords {
            #expect(throws: error, "\(text)") { try ExtendedRecords(Array(text.utf8), in: "it") }
        }
    }
}
