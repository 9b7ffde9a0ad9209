import Foundation
import PKI
import Testing

@testable import Artifact

/// Every kind of bad artifact is refused with the reason for it.
@Suite struct BrokenArtifactTests {
    @Test(arguments: BrokenArtifact.all)
    func broken_isRefusedWithItsReason(_ one: BrokenArtifact.Case) throws {
        let bytes = try Fixture.with(one.change).bytes()
        #expect(throws: one.error) { try read(bytes) }
    }

    @Test func fixture_isGood() throws {
        for compression in ArtifactCompression.allCases {
            var fixture = Fixture()
            fixture.compression = compression
            let description = try read(fixture.bytes())
            #expect(description.payload.files.map(\.name) == ["a", "b"])
            #expect(description.payload.files.first?.modified == 100)
        }
    }

    @Test func nothingLikeAnArtifact_isRefused() {
        for bytes in [
            [], [1], Array("hello".utf8), [UInt8](repeating: 0, count: 10_240),
            [0x1F, 0x8B, 8, 0] + Array(repeating: 0, count: 600),
        ] {
            #expect(throws: ArtifactError.notAnArtifact) { try read(bytes) }
        }
    }

    @Test(arguments: ArtifactCompression.allCases)
    func cutAnywhere_isRefused(_ compression: ArtifactCompression) throws {
        let bytes = try Fixture.with { $0.compression = compression }.bytes()
        for length in Set(stride(from: 0, to: bytes.count, by: 97)).union(stride(from: 0, to: bytes.count, by: 512)) {
            #expect(throws: ArtifactError.self) { try read(Array(bytes[..<length])) }
        }
        #expect(throws: ArtifactError.truncated) { try read(bytes.dropLast(1024)) }
        #expect(throws: ArtifactError.truncated) { try read(bytes.dropLast(512)) }
        #expect(throws: ArtifactError.truncated) { try read(bytes.dropLast(1)) }
    }

    @Test(arguments: ArtifactCompression.allCases)
    func changedAnywhere_isRefusedOrTheSame(_ compression: ArtifactCompression) throws {
        let bytes = try Fixture.with { $0.compression = compression }.bytes()
        let good = try read(bytes)
        for index in stride(from: 0, to: bytes.count, by: 13) {
            var changed = bytes
            changed[index] ^= 0x41
            guard var description = try? read(changed) else { continue }
            // Times, owners and modes of records, and the compression's own headers, mean nothing; all else is as it
            // was.
            description.sha256 = good.sha256
            for file in description.payload.files.indices { description.payload.files[file].modified = 100 }
            #expect(description == good, "byte \(index)")
        }
    }

    @Test func garbageBehindTheEnd_isRefused() throws {
        let bytes = try Fixture().bytes()
        #expect(throws: ArtifactError.trailingBytes("the artifact")) { try read(bytes + [1]) }
        #expect(throws: ArtifactError.trailingBytes("the artifact")) { try read(bytes + bytes) }
        #expect(throws: ArtifactError.trailingBytes("the artifact")) {
            try read(bytes + [UInt8](repeating: 0, count: 20_000))
        }
        // GNU tar fills up to twenty records.
        #expect(try read(bytes + [UInt8](repeating: 0, count: 5120)).name == "n")
    }

    @Test(arguments: [ArtifactCompression.gzip, .xz, .zstd])
    func garbageBehindTheStream_isRefused(_ compression: ArtifactCompression) throws {
        for garbage: [UInt8] in [[0], [1, 2, 3], [UInt8](repeating: 0xAA, count: 300_000)] {
            let bytes = try Fixture.with {
                $0.compression = compression
                $0.dataBytes = { $0 += garbage }
            }.bytes()
            #expect(throws: ArtifactError.self, "\(garbage.count)") { try read(bytes) }
        }
    }

    @Test(arguments: [ArtifactCompression.gzip, .xz, .zstd])
    func compressedTwice_isRefused(_ compression: ArtifactCompression) throws {
        let bytes = try Fixture.with {
            $0.compression = compression
            $0.dataBytes = { $0 = (try? Fixture.pack($0, compression)) ?? [] }
        }.bytes()
        #expect(throws: ArtifactError.self) { try read(bytes) }
    }

    @Test(arguments: [ArtifactCompression.gzip, .xz, .zstd])
    func otherCompressionThanItsName_isRefused(_ compression: ArtifactCompression) throws {
        for other in ArtifactCompression.allCases where other != compression {
            let bytes = try Fixture.with {
                $0.compression = compression
                $0.dataBytes = { [data = $0.data] in $0 = (try? Fixture.pack(Fixture.tar(data), other)) ?? [] }
            }.bytes()
            #expect(throws: ArtifactError.damaged("data/0000.tar" + compression.suffix)) { try read(bytes) }
        }
    }

    @Test func errorOfTheSource_comesThrough() throws {
        let bytes = try Fixture.with { $0.compression = .gzip }.bytes()
        for length in stride(from: 0, to: bytes.count, by: 300) {
            var rest = bytes[..<length]
            #expect(throws: ArtifactError.changedWhileRead("x")) {
                _ = try ArtifactReader { () throws(ArtifactError) in
                    defer { rest = [] }
                    guard !rest.isEmpty else { throw .changedWhileRead("x") }
                    return rest
                }.finish()
            }
        }
    }

    @Test func cancelledTask_stopsReading() async throws {
        let bytes = try Fixture().bytes()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return Result { try read(bytes) }
        }
        task.cancel()
        await #expect(throws: ArtifactError.cancelled) { try await task.value.get() }
    }

    @Test func errors_areOneShortLine() {
        let long = String(repeating: "n", count: 5000)
        for one in BrokenArtifact.all {
            #expect(!one.error.description.isEmpty && !one.error.description.contains("\n"))
        }
        #expect(ArtifactError.badName(ArtifactError.shown(long)).description.utf8.count < 200)
    }
}
