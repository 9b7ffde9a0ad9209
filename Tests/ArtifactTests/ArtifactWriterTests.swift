internal import Encoding
import Foundation
import PKI
import Testing

@testable import Artifact

/// What is written can be read, and is what the format says, byte for byte.
@Suite struct ArtifactWriterTests {
    /// The example of the format's description.
    private static var example: ArtifactRecipe {
        var recipe = ArtifactRecipe.module(
            "hubtest", name: "rel-1", deviceTypes: ["qemu", "rpi"],
            files: [ArtifactIngredient(name: "greeting.txt", content: .bytes(Array("hello hub\n".utf8)))])
        recipe.group = "grpA"
        recipe.requires.artifactNames = ["rel-0"]
        recipe.depends["rootfs-image.version"] = .value("rel-0")
        recipe.provides["my.key"] = "val"
        recipe.metaData = .object([.init("mode", .string("0644")), .init("dest", .string("/etc/motd"))])
        return recipe
    }

    @Test func example_isWrittenAsTheFormatSays() throws {
        var recipe = Self.example
        recipe.compression = .none
        let bytes = try ArtifactWriter.bytes(recipe)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            text.contains(
                #"{"payloads":[{"type":"hubtest"}],"artifact_provides":{"artifact_name":"rel-1","artifact_group":"grpA"},"artifact_depends":{"artifact_name":["rel-0"],"device_type":["qemu","rpi"]}}"#
            ))
        #expect(
            text.contains(
                #"{"type":"hubtest","artifact_depends":{"rootfs-image.version":"rel-0"},"artifact_provides":{"my.key":"val","rootfs-image.hubtest.version":"rel-1"},"clears_artifact_provides":["rootfs-image.hubtest.*"]}"#
            ))
        #expect(text.contains(#"{"dest":"/etc/motd","mode":"0644"}"#))
        // The header archive of the reference tool has this sum when it isn't compressed: its bytes are ours.
        #expect(
            text.contains(
                """
                115d6c773e98b2115031cb9d0350d238da014c5f40c6d7dcb2f4f00afd524a20  data/0000/greeting.txt
                947a75b69aaa9dbe836980b9afc3f67cb2f4928999164d1fed9461fde6ea9b94  header.tar
                96bcd965947569404798bcbdb614f103db5a004eb6e364cfc162c146890ea35b  version

                """))
        #expect(bytes.count == 10_240)
    }

    @Test func example_isReadAsItWasMeant() throws {
        let bytes = try ArtifactWriter.bytes(Self.example)
        #expect(bytes.count == 5120)
        let description = try read(bytes)
        #expect(description.name == "rel-1")
        #expect(description.group == "grpA")
        #expect(description.requires == .init(deviceTypes: ["qemu", "rpi"], artifactNames: ["rel-0"]))
        #expect(description.payload.type == "hubtest")
        #expect(description.payload.clears == ["rootfs-image.hubtest.*"])
        #expect(
            description.provides == [
                "artifact_name": "rel-1", "artifact_group": "grpA", "my.key": "val",
                "rootfs-image.hubtest.version": "rel-1",
            ])
        #expect(description.depends["rootfs-image.version"] == .value("rel-0"))
        #expect(description.depends["device_type"] == .anyOf(["qemu", "rpi"]))
        #expect(description.payload.metaData?["dest"]?.string == "/etc/motd")
        #expect(
            description.payload.files == [
                .init(
                    name: "greeting.txt", size: 10,
                    sha256: "115d6c773e98b2115031cb9d0350d238da014c5f40c6d7dcb2f4f00afd524a20", modified: 0)
            ])
        #expect(description.payload.compression == .gzip)
        #expect(description.size == 5120)
        #expect(description.sha256 == Hex.encode(SHA256.hash(bytes)))
        #expect(description.signature == nil)
    }

    @Test(arguments: ArtifactCompression.allCases)
    func whatIsWritten_canBeReadInPartsOfAnyLength(_ compression: ArtifactCompression) throws {
        var recipe = Self.example
        recipe.compression = compression
        recipe.files += [
            ArtifactIngredient(name: "empty", content: .bytes([])),
            ArtifactIngredient(
                name: "large,1_2-3.bin", content: .bytes((0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 3) })),
            ArtifactIngredient(name: String(repeating: "x", count: 255), content: .bytes([1])),
        ]
        recipe.scripts = [ArtifactScript(name: "ArtifactInstall_Enter_00_check", content: Array("#!/bin/sh\n".utf8))]
        let bytes = try ArtifactWriter.bytes(recipe)
        let whole = try read(bytes)
        #expect(whole.payload.compression == compression)
        #expect(whole.payload.files.map(\.name) == recipe.files.map(\.name))
        #expect(whole.payload.files.map(\.size) == [10, 0, 300_000, 1])
        #expect(whole.scripts == ["ArtifactInstall_Enter_00_check"])
        for length in [1, 7, 512, 4097] where length > 1 || bytes.count < 50_000 {
            #expect(try read(bytes, partLength: length) == whole)
        }
        #expect(try ArtifactWriter.bytes(recipe) == bytes, "the same recipe gives the same bytes")
        let again = try JSONDecoder().decode(ArtifactDescription.self, from: JSONEncoder().encode(whole))
        #expect(again == whole)
    }

    @Test func largePayloads_goThroughATemporaryFileThatGoes() throws {
        let folder = try Folder()
        let content = (0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        let file = try folder.write("image", content)
        let recipe = ArtifactRecipe.rootFileSystem(
            name: "rel", deviceTypes: ["d"], image: .init(name: "image.ext4", content: .file(file)))
        try ArtifactWriter.write(recipe, to: folder.path + "/out.mender")
        #expect(folder.names == ["image", "out.mender"])
        let description = try ArtifactReader.check(folder.path + "/out.mender")
        let sum = Hex.encode(SHA256.hash(content))
        #expect(description.payload.files.map(\.sha256) == [sum])
        #expect(description.payload.provides == ["rootfs-image.version": "rel", "rootfs-image.checksum": sum])
        #expect(description.payload.clears == ["artifact_group", "rootfs_image_checksum", "rootfs-image.*"])
    }

    @Test func payload_comesOutAsItWentIn() throws {
        let reader = try reader(ArtifactWriter.bytes(Self.example), partLength: 100)
        #expect(reader.description.name == "rel-1")
        #expect(reader.description.payload.files.isEmpty)
        let file = try #require(try reader.nextFile())
        var content: [UInt8] = []
        while case let part = try reader.part(), !part.isEmpty { content += part }
        #expect(file.name == "greeting.txt")
        #expect(content == Array("hello hub\n".utf8))
        #expect(try reader.nextFile() == nil)
        #expect(try reader.finish().payload.files.count == 1)
    }

    @Test func kinds_haveWhatTheyNeed() throws {
        let single = try read(
            ArtifactWriter.bytes(
                .singleFile(
                    name: "motd-2", deviceTypes: ["d"], folder: "/etc",
                    file: .init(name: "motd", content: .bytes([0x41])), permissions: 0o600)))
        #expect(single.payload.type == "single-file")
        #expect(single.payload.files.map(\.name) == ["dest_dir", "filename", "permissions", "motd"])
        #expect(single.payload.files[2].sha256 == Hex.encode(SHA256.hash(Array("600\n".utf8))))
        #expect(single.payload.provides == ["rootfs-image.single-file.version": "motd-2"])

        let configuration = try read(
            ArtifactWriter.bytes(.configuration(name: "c-1", deviceTypes: ["d"], values: ["b": "2", "a": "<1>"])))
        #expect(configuration.payload.type == "mender-configure")
        #expect(configuration.payload.files.isEmpty)
        #expect(configuration.payload.provides == ["data-partition.mender-configure.version": "c-1"])
        #expect(configuration.payload.clears == ["data-partition.mender-configure.*"])
        #expect(configuration.payload.metaData == .object([.init("a", .string("<1>")), .init("b", .string("2"))]))

        let bootstrap = try read(ArtifactWriter.bytes(.bootstrap(name: "b", deviceTypes: ["d"])))
        #expect(bootstrap.payload.type == nil)
        #expect(bootstrap.payload.clears == nil)
        #expect(bootstrap.size == 5120)
    }

    @Test func clears_nothingAndEverythingDiffer() throws {
        var recipe = ArtifactRecipe(name: "n", type: "t", deviceTypes: ["d"])
        #expect(try read(ArtifactWriter.bytes(recipe)).payload.clears == nil)
        recipe.clears = []
        #expect(try read(ArtifactWriter.bytes(recipe)).payload.clears == [])
    }

    struct Refusal: Sendable {
        let change: @Sendable (inout ArtifactRecipe) -> Void
        let error: ArtifactError
    }

    static let refusals: [Refusal] = [
        .init(change: { $0.name = "" }, error: .badValue("header-info", "artifact_name")),
        .init(change: { $0.name = "a\nb" }, error: .badValue("header-info", "artifact_name")),
        .init(
            change: { $0.name = String(repeating: "n", count: 4097) }, error: .badValue("header-info", "artifact_name")),
        .init(change: { $0.requires.deviceTypes = [] }, error: .badValue("header-info", "device_type")),
        .init(
            change: { $0.requires.deviceTypes = (0..<201).map { "d\($0)" } },
            error: .tooMany("device types", limit: 200)),
        .init(change: { $0.type = "../x" }, error: .badValue("header-info", "type")),
        .init(change: { $0.type = nil }, error: .badValue("header-info", "type")),
        .init(change: { $0.files[0].name = "a/b" }, error: .badName("a/b")),
        .init(change: { $0.files[0].name = ".." }, error: .badName("..")),
        .init(change: { $0.files[0].name = "größe" }, error: .unportableName("größe")),
        .init(change: { $0.files[0].name = "a b" }, error: .unportableName("a b")),
        .init(change: { $0.files.append($0.files[0]) }, error: .duplicate("greeting.txt")),
        .init(
            change: { recipe in
                recipe.files = (0..<1025).map { .init(name: "\($0)", content: .bytes([])) }
            }, error: .tooMany("files", limit: 1024)),
        .init(change: { $0.scripts = [.init(name: "Idle_Enter_00", content: [])] }, error: .badName("Idle_Enter_00")),
        .init(
            change: {
                $0.scripts = [.init(name: "ArtifactCommit_Leave_01", content: .init(repeating: 1, count: 1 << 20))]
            },
            error: .tooLarge("the header", limit: 1 << 20)),
        .init(
            change: { $0.metaData = .object([.init("a", .string(String(repeating: "x", count: 65_536)))]) },
            error: .tooLarge("headers/0000/meta-data", limit: 65_536)),
        .init(change: { $0.metaData = .array([]) }, error: .badDocument("headers/0000/meta-data", .notAnObject)),
        .init(
            change: {
                $0.files[0].content = .bytes(.init(repeating: 0, count: 17 << 20)); $0.compression = .none
            },
            error: .tooLarge("the payload", limit: 16 << 20)),
    ]

    @Test(arguments: refusals) func whatNoReaderTakes_isNotWritten(_ refusal: Refusal) {
        var recipe = Self.example
        refusal.change(&recipe)
        #expect(throws: refusal.error) { try ArtifactWriter.bytes(recipe) }
    }

    @Test func failures_leaveNoFile() throws {
        let folder = try Folder()
        var recipe = Self.example
        recipe.files = [.init(name: "gone", content: .file(folder.path + "/gone"))]
        #expect(throws: ArtifactError.self) { try ArtifactWriter.write(recipe, to: folder.path + "/out") }
        #expect(folder.names.isEmpty)
    }
}
