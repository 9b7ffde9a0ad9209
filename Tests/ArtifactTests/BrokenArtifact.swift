internal import Encoding
import Foundation
import Testing

@testable import Artifact

/// Kinds of bad artifacts, each with the reason it is refused for.
enum BrokenArtifact {
    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let error: ArtifactError
        let change: @Sendable (inout Fixture) -> Void

        init(_ what: String, _ error: ArtifactError, _ change: @escaping @Sendable (inout Fixture) -> Void) {
            self.what = what
            self.error = error
            self.change = change
        }

        var testDescription: String { what }
    }

    private static func info(_ text: String) -> @Sendable (inout Fixture) -> Void {
        { $0.header[0] = .init("header-info", text) }
    }

    private static func typeInfo(_ text: String) -> @Sendable (inout Fixture) -> Void {
        { $0.header[1] = .init("headers/0000/type-info", text) }
    }

    private static func metaData(_ text: String) -> @Sendable (inout Fixture) -> Void {
        { $0.header[2] = .init("headers/0000/meta-data", text) }
    }

    private static func infoWith(
        payloads: String = #"[{"type":"t"}]"#, provides: String = #"{"artifact_name":"n"}"#,
        depends: String = #"{"device_type":["d"]}"#, more: String = ""
    ) -> @Sendable (inout Fixture) -> Void {
        info(#"{"payloads":\#(payloads),"artifact_provides":\#(provides),"artifact_depends":\#(depends)\#(more)}"#)
    }

    private static func badInfo(_ member: String) -> ArtifactError { .badValue("header-info", member) }
    private static func badType(_ member: String) -> ArtifactError { .badValue("headers/0000/type-info", member) }

    static let members: [Case] = [
        .init("version 9", .unsupportedVersion) { $0.version = .init("version", #"{"format":"mender","version":9}"#) },
        .init("version with a line feed", .unsupportedVersion) { fixture in
            fixture.version.content.append(0x0A)
        },
        .init("another format", .notAnArtifact) { $0.version = .init("version", #"{"format":"other","version":3}"#) },
        .init("large version", .notAnArtifact) { $0.version.content += [UInt8](repeating: 0x20, count: 1000) },
        .init("no version", .notAnArtifact) { $0.members = { $0.remove(at: 0) } },
        .init("version twice", .duplicate("version")) { $0.members = { $0.insert($0[0], at: 1) } },
        .init("no manifest", .missingMember("manifest")) { $0.members = { $0.remove(at: 1) } },
        .init("nothing behind the version", .missingMember("manifest")) { $0.members = { $0 = [$0[0]] } },
        .init("manifest twice", .duplicate("manifest")) { $0.members = { $0.insert($0[1], at: 2) } },
        .init("no header", .missingMember("header.tar")) { $0.members = { $0.remove(at: 2) } },
        .init("nothing behind the manifest", .missingMember("header.tar")) { $0.members = { $0.removeLast(2) } },
        .init("header twice", .duplicate("header.tar")) { $0.members = { $0.insert($0[2], at: 3) } },
        .init("header before manifest", .missingMember("manifest")) { $0.members = { $0.swapAt(1, 2) } },
        .init("data before header", .missingMember("header.tar")) { $0.members = { $0.swapAt(2, 3) } },
        .init("no data", .missingMember("data/0000.tar")) { $0.members = { $0.removeLast() } },
        .init("data twice", .duplicate("data/0000.tar")) { $0.members = { $0.append($0[3]) } },
        .init("two payloads", .severalPayloads) { fixture in
            fixture.members = { members in
                members.append(members[3])
                members[4].name = "data/0001.tar"
            }
        },
        .init("a stranger between", .unexpectedMember("x")) { $0.members = { $0.insert(.init("x", "y"), at: 2) } },
        .init("a stranger at the end", .unexpectedMember("x")) { $0.members = { $0.append(.init("x", "y")) } },
        .init("augmented manifest", .augmented) {
            $0.members = { $0.insert(.init("manifest-augment", "y"), at: 2) }
        },
        .init("augmented header", .augmented) {
            $0.members = { $0.insert(.init("header-augment.tar.gz", "y"), at: 3) }
        },
        .init("a signature that is none", .badSignature) {
            $0.members = { $0.insert(.init("manifest.sig", "no base64"), at: 2) }
        },
        .init("an empty signature", .badSignature) { $0.members = { $0.insert(.init("manifest.sig", ""), at: 2) } },
        .init("a huge signature", .tooLarge("manifest.sig", limit: 2048)) {
            $0.members = { $0.insert(.init("manifest.sig", [UInt8](repeating: 0x41, count: 4000)), at: 2) }
        },
        .init("a signature too late", .unexpectedMember("manifest.sig")) {
            $0.members = { $0.append(.init("manifest.sig", "AAAA")) }
        },
        .init("a huge manifest", .tooLarge("manifest", limit: 1 << 20)) {
            $0.members = { $0[1].content = [UInt8](repeating: 0x41, count: 1 << 21) }
        },
        .init("unknown compression", .missingMember("data/0000.tar")) { $0.members = { $0[3].name += ".bz2" } },
        .init("unknown compression of the header", .missingMember("header.tar")) {
            $0.members = { $0[2].name += ".lz4" }
        },
        .init("gzip that is none", .damaged("data/0000.tar.gz")) { $0.members = { $0[3].name += ".gz" } },
        .init("a large header", .tooLarge("header.tar", limit: (1 << 20) + 65_536)) {
            $0.header.insert(.init("scripts/ArtifactInstall_Enter_00", [UInt8](repeating: 1, count: 2 << 20)), at: 1)
        },
        .init("a link", .notAPlainFile("manifest")) { $0.members = { $0[1].kind = 0x32 } },
        .init("an absolute name", .unexpectedMember("/data/0000.tar")) {
            $0.members = { $0[3].name = "/data/0000.tar" }
        },
        .init("a path upward", .unexpectedMember("../data/0000.tar")) {
            $0.members = { $0[3].name = "../data/0000.tar" }
        },
    ]

    static let manifests: [Case] = [
        .init("a line too much", .listedButAbsent("data/0000/c")) {
            $0.manifest = { $0.append(Fixture.line("data/0000/c", [])) }
        },
        .init("a line missing", .notListed("data/0000/b")) { $0.manifest = { $0.remove(at: 1) } },
        .init("the header's missing", .notListed("header.tar")) { $0.manifest = { $0.remove(at: 2) } },
        .init("the version's missing", .notListed("version")) { $0.manifest = { $0.remove(at: 3) } },
        .init("empty", .notListed("version")) { $0.manifest = { $0 = [] } },
        .init("a line twice", .duplicate("data/0000/a")) { $0.manifest = { $0.insert($0[0], at: 0) } },
        .init("another sum", .checksumMismatch("data/0000/a")) {
            $0.manifest = { $0[0] = Fixture.line("data/0000/a", [1]) }
        },
        .init("another sum of the version", .checksumMismatch("version")) {
            $0.manifest = { $0[3] = Fixture.line("version", [1]) }
        },
        .init("capital digits", .badManifest(line: 1)) { $0.manifest = { $0[0] = $0[0].uppercased() } },
        .init("one space", .badManifest(line: 2)) {
            $0.manifest = { $0[1] = $0[1].replacingOccurrences(of: "  ", with: " ") }
        },
        .init("no name", .badManifest(line: 1)) { $0.manifest = { $0[0] = String($0[0].prefix(66)) } },
        .init("an empty line", .badManifest(line: 1)) { $0.manifest = { $0.insert("", at: 0) } },
        .init("no line feed at the end", .badManifest(line: 4)) { $0.members = { $0[1].content.removeLast() } },
        .init("not UTF-8", .badManifest(line: 1)) { $0.members = { $0[1].content[70] = 0xFF } },
        .init("the manifest itself", .listedButAbsent("manifest")) {
            $0.manifest = { $0.append(Fixture.line("manifest", [])) }
        },
        .init("ten thousand lines", .tooMany("lines in the manifest", limit: 1026)) {
            $0.manifest = { $0 = (0..<10_000).map { Fixture.line("data/0000/\($0)", []) } }
        },
    ]

    static let headers: [Case] = [
        .init("a changed header", .checksumMismatch("header.tar")) { fixture in
            fixture.manifest = { $0[2] = Fixture.line("header.tar", [1]) }
        },
        .init("an empty header", .missingMember("header-info")) { $0.header = [] },
        .init("no header-info", .unexpectedMember("headers/0000/type-info")) { $0.header.remove(at: 0) },
        .init("header-info too late", .unexpectedMember("headers/0000/type-info")) { $0.header.swapAt(0, 1) },
        .init("no type-info", .duplicate("headers/0000/meta-data")) { $0.header.remove(at: 1) },
        .init("no type-info at all", .missingMember("headers/0000/type-info")) { $0.header.removeLast(2) },
        .init("meta-data twice", .duplicate("headers/0000/meta-data")) { $0.header.append($0.header[2]) },
        .init("a second payload's header", .severalPayloads) { $0.header[2].name = "headers/0001/type-info" },
        .init("a stranger", .unexpectedMember("x")) { $0.header.append(.init("x", "")) },
        .init("a script of the device", .badName("scripts/Idle_Enter_00")) {
            $0.header.insert(.init("scripts/Idle_Enter_00", ""), at: 1)
        },
        .init("a script without number", .badName("scripts/ArtifactInstall_Enter")) {
            $0.header.insert(.init("scripts/ArtifactInstall_Enter", ""), at: 1)
        },
        .init("a script elsewhere", .badName("scripts/ArtifactInstall_Enter_00_/../x")) {
            $0.header.insert(.init("scripts/ArtifactInstall_Enter_00_/../x", ""), at: 1)
        },
        .init("a script twice", .duplicate("scripts/ArtifactInstall_Enter_00")) { fixture in
            let script = Fixture.Entry("scripts/ArtifactInstall_Enter_00", "")
            fixture.header.insert(contentsOf: [script, script], at: 1)
        },
        .init("hundreds of scripts", .tooMany("state scripts", limit: 256)) { fixture in
            fixture.header.insert(
                contentsOf: (0..<257).map { .init("scripts/ArtifactInstall_Enter_00_\($0)", "") }, at: 1)
        },
        .init("no JSON", .badDocument("header-info", .notJSON(offset: 0)), info("x")),
        .init("no object", badInfo("the document"), info("[]")),
        .init("an unknown member", badInfo("more"), infoWith(more: #","more":1"#)),
        .init(
            "a member twice", .badDocument("header-info", .duplicateMember("of an object")),
            infoWith(more: #","payloads":[]"#)),
        .init("no payload", badInfo("payloads"), infoWith(payloads: "[]")),
        .init("two payloads in the header", .severalPayloads, infoWith(payloads: #"[{"type":"t"},{"type":"t"}]"#)),
        .init("an unknown member of a payload", badInfo("x"), infoWith(payloads: #"[{"type":"t","x":1}]"#)),
        .init("no type", badInfo("type"), infoWith(payloads: "[{}]")),
        .init("a type that is a path", badInfo("type"), infoWith(payloads: #"[{"type":"../../bin/sh"}]"#)),
        .init("a type that is two dots", badInfo("type"), infoWith(payloads: #"[{"type":".."}]"#)),
        .init("no name", badInfo("artifact_name"), infoWith(provides: "{}")),
        .init("an empty name", badInfo("artifact_name"), infoWith(provides: #"{"artifact_name":""}"#)),
        .init("NUL in a name", badInfo("artifact_name"), infoWith(provides: #"{"artifact_name":"a\u0000b"}"#)),
        .init("a number as name", badInfo("artifact_name"), infoWith(provides: #"{"artifact_name":1}"#)),
        .init(
            "a name of 4097 bytes", badInfo("artifact_name"),
            infoWith(provides: #"{"artifact_name":"\#(String(repeating: "n", count: 4097))"}"#)),
        .init("an unknown provide", badInfo("x"), infoWith(provides: #"{"artifact_name":"n","x":"y"}"#)),
        .init("no device type", badInfo("device_type"), infoWith(depends: "{}")),
        .init("an empty list of device types", badInfo("device_type"), infoWith(depends: #"{"device_type":[]}"#)),
        .init("an empty device type", badInfo("device_type"), infoWith(depends: #"{"device_type":[""]}"#)),
        .init(
            "201 device types", .tooMany("device types", limit: 200),
            infoWith(depends: #"{"device_type":["\#((0..<201).map(String.init).joined(separator: #"",""#))"]}"#)),
        .init("another type", badType("type"), typeInfo(#"{"type":"u"}"#)),
        .init("null as type", badType("type"), typeInfo(#"{"type":null}"#)),
        .init("an unknown member of type-info", badType("x"), typeInfo(#"{"type":"t","x":1}"#)),
        .init(
            "a list as provide", badType("artifact_provides"),
            typeInfo(#"{"type":"t","artifact_provides":{"a":["b"]}}"#)),
        .init("a number as depend", badType("artifact_depends"), typeInfo(#"{"type":"t","artifact_depends":{"a":1}}"#)),
        .init(
            "numbers as depend", badType("artifact_depends"),
            typeInfo(#"{"type":"t","artifact_depends":{"a":["b",1]}}"#)),
        .init(
            "null as clears", badType("clears_artifact_provides"),
            typeInfo(#"{"type":"t","clears_artifact_provides":null}"#)),
        .init("meta-data that is a list", .badDocument("headers/0000/meta-data", .notAnObject), metaData("[]")),
        .init(
            "deep meta-data", .badDocument("headers/0000/meta-data", .tooDeep(limit: 16)),
            metaData(#"{"a":"# + String(repeating: "[", count: 20_000))),
        .init(
            "deep header-info", .badDocument("header-info", .tooDeep(limit: 8)),
            infoWith(payloads: String(repeating: #"[{"type":"#, count: 20_000))),
        .init("large meta-data", .tooLarge("headers/0000/meta-data", limit: 65_536)) {
            $0.header[2].content = [UInt8](repeating: 0x20, count: 65_537)
        },
    ]

    static let payloads: [Case] = [
        .init("a folder in a name", .badName("a/b")) { $0.data[0].name = "a/b" },
        .init("a path upward", .badName("../a")) { $0.data[0].name = "../a" },
        .init("two dots", .badName("..")) { $0.data[0].name = ".." },
        .init("an absolute name", .badName("/etc/passwd")) { $0.data[0].name = "/etc/passwd" },
        .init("no name", .badName("")) { $0.data[0].name = "" },
        .init("a control character", .badName("a\u{1B}b")) { $0.data[0].name = "a\u{1B}b" },
        .init("NUL in a name", .damaged("data/0000.tar")) { $0.data[0].name = "a\u{0}b" },
        .init("a file twice", .duplicate("data/0000/a")) { $0.data.append($0.data[0]) },
        .init("a file twice, listed once", .duplicate("a")) { fixture in
            fixture.data.append(fixture.data[0])
            fixture.manifest = { $0.remove(at: 1) }
        },
        .init("a hard link", .notAPlainFile("b")) { $0.data[1].kind = 0x31 },
        .init("a symbolic link", .notAPlainFile("b")) { fixture in
            fixture.data[1] = .init("b", [], kind: 0x32, link: "/etc/shadow")
        },
        .init("a character device", .notAPlainFile("b")) { $0.data[1].kind = 0x33 },
        .init("a block device", .notAPlainFile("b")) { $0.data[1].kind = 0x34 },
        .init("a folder", .notAPlainFile("b")) { $0.data[1].kind = 0x35 },
        .init("a FIFO", .notAPlainFile("b")) { $0.data[1].kind = 0x36 },
        .init("a sparse file", .notAPlainFile("b")) { $0.data[1].kind = 0x53 },
        .init("records for all that follow", .notAPlainFile("b")) { $0.data[1].kind = 0x67 },
        .init("a long link", .notAPlainFile("b")) { $0.data[1].kind = 0x4B },
        .init("a sparse file by records", .notAPlainFile("an entry of data/0000.tar with GNU.sparse.major")) {
            $0.data.insert(.init("r", "22 GNU.sparse.major=1\n", kind: 0x78), at: 0)
        },
        .init("a link by records", .notAPlainFile("an entry of data/0000.tar with linkpath")) {
            $0.data.insert(.init("r", "14 linkpath=x\n", kind: 0x78), at: 0)
        },
        .init("a path upward by records", .badName("../a")) {
            $0.data.insert(.init("r", "13 path=../a\n", kind: 0x78), at: 0)
        },
        .init("a path upward by a long name", .badName("../a")) {
            $0.data.insert(.init("r", "../a\u{0}", kind: 0x4C), at: 0)
        },
        .init("records of a wrong length", .damaged("data/0000.tar")) {
            $0.data.insert(.init("r", "99 path=a\n", kind: 0x78), at: 0)
        },
        .init("records of no length", .damaged("data/0000.tar")) {
            $0.data.insert(.init("r", "0 path=a\n", kind: 0x78), at: 0)
        },
        .init("records for nothing", .damaged("data/0000.tar")) {
            $0.data.append(.init("r", "10 path=a\n", kind: 0x78))
        },
        .init("records twice", .damaged("data/0000.tar")) { fixture in
            let records = Fixture.Entry("r", "10 path=a\n", kind: 0x78)
            fixture.data.insert(contentsOf: [records, records], at: 0)
            fixture.manifest = { $0.removeAll { $0.hasSuffix("data/0000/r") } }
        },
        .init("a size by records that is too large", .tooLarge("a", limit: 64 << 30)) {
            $0.data.insert(.init("r", "28 size=9223372036854775807\n", kind: 0x78), at: 0)
        },
        .init("a size beyond numbers", .damaged("data/0000.tar")) {
            $0.data.insert(.init("r", "30 size=999999999999999999999\n", kind: 0x78), at: 0)
        },
        .init("thousands of files", .tooMany("files", limit: 1024)) { fixture in
            fixture.data = (0..<1025).map { .init("\($0)", "") }
            fixture.manifest = { lines in lines.removeAll { $0.hasSuffix("data/0000/1024") } }
        },
        .init("files where nothing is installed", .unexpectedMember("a")) { fixture in
            infoWith(payloads: #"[{"type":null}]"#)(&fixture)
            typeInfo(#"{"type":null}"#)(&fixture)
        },
        .init("bytes behind the archive", .trailingBytes("data/0000.tar")) { $0.dataBytes = { $0 += [1] } },
        .init("zeros without end behind the archive", .trailingBytes("data/0000.tar")) {
            $0.dataBytes = { $0 += [UInt8](repeating: 0, count: 100_000) }
        },
        .init("no end of the archive", .truncated) { $0.dataBytes = { $0.removeLast(1024) } },
        .init("half an end of the archive", .truncated) { $0.dataBytes = { $0.removeLast(512) } },
        .init("something in the fill of a file", .damaged("data/0000.tar")) { $0.dataBytes = { $0[520] = 1 } },
        .init("a record with a wrong sum", .damaged("data/0000.tar")) { $0.dataBytes = { $0[100] ^= 1 } },
        .init("another archive format", .damaged("data/0000.tar")) { $0.dataBytes = { $0[257] = 0x56 } },
        .init("a flipped byte", .checksumMismatch("data/0000/a")) { $0.dataBytes = { $0[512] ^= 1 } },
    ]

    static let all = members + manifests + headers + payloads
}
