internal import Encoding
import Foundation
import PKI
import Testing

@testable import Artifact

/// An artifact put together by hand, so that any part of it can be wrong. Shares nothing with the writer but the
/// compressor.
struct Fixture {
    /// One record of a tar archive with its content.
    struct Entry {
        var name: String
        var content: [UInt8]
        var kind: UInt8 = 0x30
        /// `nil`: as many bytes as there are.
        var size: Int64?
        var link = ""

        init(_ name: String, _ content: [UInt8], kind: UInt8 = 0x30, size: Int64? = nil, link: String = "") {
            self.name = name
            self.content = content
            self.kind = kind
            self.size = size
            self.link = link
        }

        init(_ name: String, _ content: String, kind: UInt8 = 0x30) {
            self.init(name, Array(content.utf8), kind: kind)
        }
    }

    var compression = ArtifactCompression.none
    var version = Entry("version", #"{"format":"mender","version":3}"#)
    var header = [
        Entry(
            "header-info",
            #"{"payloads":[{"type":"t"}],"artifact_provides":{"artifact_name":"n"},"artifact_depends":{"device_type":["d"]}}"#
        ),
        Entry("headers/0000/type-info", #"{"type":"t"}"#), Entry("headers/0000/meta-data", ""),
    ]
    var data = [Entry("a", "one"), Entry("b", [UInt8](repeating: 7, count: 3000))]
    var manifest: (inout [String]) -> Void = { _ in }
    var members: (inout [Entry]) -> Void = { _ in }
    var headerBytes: (inout [UInt8]) -> Void = { _ in }
    var dataBytes: (inout [UInt8]) -> Void = { _ in }

    /// Changes and returns itself, for tables.
    static func with(_ change: (inout Fixture) -> Void) -> Fixture {
        var fixture = Fixture()
        change(&fixture)
        return fixture
    }

    func bytes() throws -> [UInt8] {
        var headerArchive = try Self.pack(Self.tar(header), compression)
        headerBytes(&headerArchive)
        var dataArchive = try Self.pack(Self.tar(data), compression)
        dataBytes(&dataArchive)
        var lines = data.map { Self.line("data/0000/" + $0.name, $0.content) }
        lines += [
            Self.line("header.tar" + compression.suffix, headerArchive), Self.line(version.name, version.content),
        ]
        lines.sort { $0.dropFirst(66) < $1.dropFirst(66) }
        manifest(&lines)
        var all = [
            version, Entry("manifest", lines.map { $0 + "\n" }.joined()),
            Entry("header.tar" + compression.suffix, headerArchive),
            Entry("data/0000.tar" + compression.suffix, dataArchive),
        ]
        members(&all)
        return Self.tar(all)
    }

    static func line(_ name: String, _ content: [UInt8]) -> String {
        Hex.encode(SHA256.hash(content)) + "  " + name
    }

    static func pack(_ bytes: [UInt8], _ compression: ArtifactCompression) throws -> [UInt8] {
        guard compression != .none else { return bytes }
        var packed: [UInt8] = []
        let compressor = try Compressor(compression) { packed += $0 }
        try compressor.write(bytes[...])
        try compressor.finish()
        return packed
    }

    static func tar(_ entries: [Entry]) -> [UInt8] {
        entries.flatMap(record) + [UInt8](repeating: 0, count: 1024)
    }

    static func record(_ entry: Entry) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
        }
        put(entry.name, at: 0)
        put("0000644\u{0}0000000\u{0}0000000\u{0}", at: 100)
        let octal = String(entry.size ?? Int64(entry.content.count), radix: 8)
        put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
        put("00000000144", at: 136)
        put("        ", at: 148)
        block[156] = entry.kind
        put(entry.link, at: 157)
        put("ustar\u{0}00", at: 257)
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
        return block + entry.content + [UInt8](repeating: 0, count: (512 - entry.content.count % 512) % 512)
    }
}

/// Reads bytes in parts of that length, to the end.
func read(
    _ bytes: [UInt8], partLength: Int = 1 << 16, limits: ArtifactLimits = ArtifactLimits()
) throws(ArtifactError) -> ArtifactDescription {
    try reader(bytes, partLength: partLength, limits: limits).finish()
}

func reader(
    _ bytes: [UInt8], partLength: Int = 1 << 16, limits: ArtifactLimits = ArtifactLimits()
) throws(ArtifactError) -> ArtifactReader {
    var rest = bytes[...]
    return try ArtifactReader(
        {
            defer { rest = rest.dropFirst(partLength) }
            return rest.prefix(partLength)
        }, limits: limits)
}

/// A folder that goes with its owner.
final class Folder {
    let path = NSTemporaryDirectory() + "artifact-test-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
