import Testing

@testable import Artifact

/// Artifacts that would take more memory, room or time than they have a right to.
@Suite struct ArtifactBombTests {
    /// An image of 200 MiB that is empty: xz packs it at 1 : 6,800, zstd at 1 : 20,000.
    private static func emptyImage(_ compression: ArtifactCompression) throws -> [UInt8] {
        var packed: [UInt8] = []
        let compressor = try Compressor(compression) { packed += $0 }
        try compressor.write(Fixture.record(.init("a", [], size: 200 << 20))[...])
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<200 { try compressor.write(zeros[...]) }
        try compressor.write(zeros[..<1024])
        try compressor.finish()
        return packed
    }

    @Test(arguments: [ArtifactCompression.xz, .zstd]) func bomb_isRefusedBeforeItIsUnpacked(
        _ compression: ArtifactCompression
    ) throws {
        let packed = try Self.emptyImage(compression)
        let bytes = try Fixture.with {
            $0.compression = compression
            $0.dataBytes = { $0 = packed }
        }.bytes()
        let name = "data/0000.tar" + compression.suffix
        #expect(throws: ArtifactError.bomb(name)) {
            try read(bytes, limits: ArtifactLimits(denseRatioFloor: 64 << 20))
        }
        #expect(throws: ArtifactError.tooLarge("a", limit: 1 << 20)) {
            try read(bytes, limits: ArtifactLimits(unpackedSize: 1 << 20))
        }
        // The standard limits take it; it is not what the manifest says.
        #expect(throws: ArtifactError.checksumMismatch("data/0000/a")) { try read(bytes) }
    }

    @Test(arguments: [ArtifactCompression.gzip, .xz, .zstd]) func mostlyEmptyImage_isWrittenAndRead(
        _ compression: ArtifactCompression
    ) throws {
        let folder = try Folder()
        let image = try folder.write("image", [UInt8](repeating: 0, count: 96 << 20))
        var recipe = ArtifactRecipe.rootFileSystem(
            name: "r", deviceTypes: ["d"], image: ArtifactIngredient(name: "image", content: .file(image)))
        recipe.compression = compression
        let description = try ArtifactWriter.writeChecked(recipe, to: folder.path + "/r.mender")
        #expect(description.payload.files.map(\.size) == [96 << 20])
    }

    @Test func artifactThatIsNoGood_IsNotLeftBehind() throws {
        let folder = try Folder()
        let path = folder.path + "/r.mender"
        let file = ArtifactIngredient(name: "f", content: .bytes([UInt8](repeating: 1, count: 4096)))
        let recipe = ArtifactRecipe.module("m", name: "r", deviceTypes: ["d"], files: [file])
        let limits = ArtifactLimits(unpackedSize: 1024)
        #expect(throws: ArtifactError.self) { try ArtifactWriter.writeChecked(recipe, to: path, limits: limits) }
        #expect(folder.names.isEmpty)
        try ArtifactWriter.write(recipe, to: path)
        let before = try folder.read("r.mender")
        #expect(throws: ArtifactError.self) { try ArtifactWriter.writeChecked(recipe, to: path, limits: limits) }
        #expect(try folder.read("r.mender") == before)
        #expect(folder.names == ["r.mender"])
    }

    @Test func headerBomb_isRefused() throws {
        let bytes = try Fixture.with {
            $0.compression = .gzip
            $0.header.insert(.init("scripts/ArtifactInstall_Enter_00", [UInt8](repeating: 0, count: 8 << 20)), at: 1)
        }.bytes()
        #expect(throws: ArtifactError.tooLarge("scripts/ArtifactInstall_Enter_00", limit: 1 << 20)) { try read(bytes) }
        let many = try Fixture.with { fixture in
            fixture.compression = .gzip
            fixture.header.insert(
                contentsOf: (0..<40).map {
                    .init("scripts/ArtifactInstall_Enter_\($0 + 10)", [UInt8](repeating: 0, count: 100_000))
                }, at: 1)
        }.bytes()
        #expect(throws: ArtifactError.tooLarge("header.tar.gz", limit: 1 << 20)) { try read(many) }
    }

    @Test(.timeLimit(.minutes(1))) func endless_isRefusedAtTheLimit() throws {
        let beginning = Fixture.tar([.init("version", #"{"format":"mender","version":3}"#)]).dropLast(1024)
        var given = 0
        let limits = ArtifactLimits(size: 1 << 20)
        #expect(throws: ArtifactError.tooLarge("the artifact", limit: 1 << 20)) {
            _ = try ArtifactReader(
                { () throws(ArtifactError) in
                    defer { given += 1 }
                    guard given > 0 else { return beginning + Fixture.record(.init("manifest", [], size: 1 << 20)) }
                    return ArraySlice([UInt8](repeating: 0x61, count: 65_536))
                }, limits: limits)
        }
        #expect(given < 20)
    }

    @Test func hugeDictionary_isRefused() throws {
        let bytes = try Fixture.with {
            $0.compression = .xz
            // The one byte of LZMA2's properties; 40 stands for 4 GiB.
            $0.dataBytes = { $0[12 + 4] = 40 }
        }.bytes()
        #expect(throws: ArtifactError.tooMuchMemory("data/0000.tar.xz")) { try read(bytes) }
    }
}
