import Foundation
import PKI
import Testing

@testable import Artifact

/// What other writers do and readers must take.
@Suite struct ToleranceTests {
    @Test func emptyType_isTheHeadersType() throws {
        let bytes = try Fixture.with { $0.header[1] = .init("headers/0000/type-info", #"{"type":""}"#) }.bytes()
        #expect(try read(bytes).payload.type == "t")
    }

    @Test func bootstrap_needsNeitherDataNorMetaData() throws {
        func fixture(_ change: (inout Fixture) -> Void) throws -> [UInt8] {
            try Fixture.with {
                $0.header[0] = .init(
                    "header-info",
                    #"{"payloads":[{"type":null}],"artifact_provides":{"artifact_name":"n"},"artifact_depends":{"device_type":["d"]}}"#
                )
                $0.header[1] = .init("headers/0000/type-info", #"{"type":null,"artifact_provides":{"a":"b"}}"#)
                $0.header.removeLast()
                $0.data = []
                change(&$0)
            }.bytes()
        }
        for bytes in [try fixture { _ in }, try fixture { $0.members = { $0.removeLast() } }] {
            let description = try read(bytes)
            #expect(description.payload.type == nil)
            #expect(description.provides == ["artifact_name": "n", "a": "b"])
            #expect(description.payload.metaData == nil)
        }
    }

    @Test func lists_areTakenAsDepends() throws {
        let text = #"{"type":"t","artifact_depends":{"a":["b","c"],"d":"e","f":[]},"clears_artifact_provides":[]}"#
        let payload = try read(Fixture.with { $0.header[1] = .init("headers/0000/type-info", text) }.bytes()).payload
        #expect(payload.depends == ["a": .anyOf(["b", "c"]), "d": .value("e"), "f": .anyOf([])])
        #expect(payload.clears == [])
        #expect(payload.depends?["a"]?.admits("c") == true)
        #expect(payload.depends?["a"]?.admits("x") == false)
        #expect(payload.depends?["d"]?.admits("e") == true)
    }

    @Test func longNames_ofBothKindsAreRead() throws {
        let long = String(repeating: "n", count: 200)
        let record = "\(11 + 198) path=\(long)\n".utf8.count
        #expect(record == 210)
        let bytes = try Fixture.with { fixture in
            fixture.data = [
                .init("r", "210 path=\(long)\n30 mtime=1700000000.123456789\n", kind: 0x78), .init("short", "one"),
                .init("././@LongLink", long + "2\u{0}", kind: 0x4C), .init("short", "two"),
            ]
            fixture.manifest = { lines in
                lines = lines.filter { !$0.contains("data/") }
                lines.append(Fixture.line("data/0000/" + long, Array("one".utf8)))
                lines.append(Fixture.line("data/0000/" + long + "2", Array("two".utf8)))
            }
        }.bytes()
        #expect(try read(bytes).payload.files.map(\.name) == [long, long + "2"])
    }

    @Test func oldKindOfPlainFile_isRead() throws {
        #expect(try read(Fixture.with { $0.data[0].kind = 0 }.bytes()).payload.files.count == 2)
    }

    @Test func order_ofTheManifestIsFree() throws {
        #expect(try read(Fixture.with { $0.manifest = { $0.reverse() } }.bytes()).name == "n")
    }

    @Test func compressionOfHeaderAndPayload_mayDiffer() throws {
        let bytes = try Fixture.with { fixture in
            fixture.compression = .gzip
            fixture.members = { [data = fixture.data] in $0[3] = .init("data/0000.tar", Fixture.tar(data)) }
        }.bytes()
        #expect(try read(bytes).payload.compression == .none)
    }

    @Test func severalStreams_inOneMemberAreRead() throws {
        for compression in [ArtifactCompression.gzip, .xz, .zstd] {
            let bytes = try Fixture.with { fixture in
                fixture.compression = compression
                fixture.dataBytes = { [data = fixture.data] in
                    let tar = Fixture.tar(data)
                    $0 =
                        ((try? Fixture.pack(Array(tar[..<700]), compression)) ?? [])
                        + ((try? Fixture.pack(Array(tar[700...]), compression)) ?? [])
                }
            }.bytes()
            #expect(try read(bytes).payload.files.count == 2, "\(compression)")
        }
    }
}
