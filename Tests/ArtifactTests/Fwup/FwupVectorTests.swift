import Encoding
import Testing

@testable import Artifact

/// Archives of the real program, and damaged ones, are judged as the vectors say.
@Suite struct FwupVectorTests {
    @Test func vectors_AreAllThere() { #expect(FwupVectors.all.count == 60) }

    @Test(arguments: FwupVectors.all, ["none", "a", "b", "a+b", "c"])
    func archive_IsJudgedAsTheVectorsSay(_ archive: FwupVectors.Archive, keys: String) throws {
        let verdict = try #require(archive.verdict(keys))
        let trust = try FwupVectors.trust(keys)
        let result = Result { () throws(FirmwareError) in
            try FirmwareReader.check(FirmwareSource(FwupVectors.path(archive.file)), trust: trust)
        }
        switch result {
        case .success(let description):
            #expect(verdict == "ok")
            try Self.expect(description, archive.expected)
        case .failure(let error):
            #expect(verdict != "ok", "refused: \(error)")
            // A hub may look at the container before the signature: then it finds that first.
            #expect(Self.words(error).contains(verdict) || verdict == "signature", "\(error) for \(verdict)")
        }
    }

    @Test func file_IsReadLikeBytes() throws {
        for archive in FwupVectors.all {
            let bytes = try archive.bytes
            let one = Result { () throws(FirmwareError) in
                try FirmwareReader.check(FirmwareSource(bytes: bytes), trust: .anybody)
            }
            let other = Result { () throws(FirmwareError) in
                try FirmwareReader.check(FirmwareSource(FwupVectors.path(archive.file)), trust: .anybody)
            }
            #expect(one == other)
        }
    }

    private static func expect(_ description: FirmwareDescription, _ expected: JSONValue) throws {
        #expect(description.uuid == expected["uuid"]?.string)
        let metadata = expected["metadata"]
        #expect(description.product == metadata?["product"]?.string)
        #expect(description.version == metadata?["version"]?.string)
        #expect(description.platform == metadata?["platform"]?.string)
        #expect(description.architecture == metadata?["architecture"]?.string)
        #expect(description.author == metadata?["author"]?.string)
        #expect(description.description == metadata?["description"]?.string)
        #expect(description.vcsIdentifier == metadata?["vcs-identifier"]?.string)
        #expect(description.misc == metadata?["misc"]?.string)
        let date = try #require(description.creationDate)
        #expect(RFC3339.text(date) == metadata?["creation-date"]?.string)
        if let signer = description.signer {
            let name = try #require(expected["signed_by"]?.string)
            #expect(try FwupVectors.keys(name) == [signer])
        }
        guard let resources = expected["resources"]?.members else { return }
        #expect(Set(description.resources.map(\.title)) == Set(resources.map(\.name)))
        for resource in description.resources {
            let told = try #require(expected["resources"]?[resource.title])
            #expect(resource.data == told["data"]?.integer)
            #expect(resource.total == told["total"]?.integer)
            #expect(resource.isPatch == told["delta"]?.bool)
            #expect(resource.hash.map(Hex.encode) == told["blake2b-256"]?.string)
        }
    }

    /// Words of the vectors for an error.
    private static func words(_ error: FirmwareError) -> Set<String> {
        switch error {
        case .notAnArchive: ["not-zip", "cut"]
        case .container: ["cut", "directory", "encrypted", "not-zip", "length", "extra-member"]
        case .tooManyMembers: []
        case .badName: ["name"]
        case .duplicate: ["duplicate-member", "extra-member"]
        case .signatureLength: ["signature-length"]
        case .noMetadata: ["no-meta-conf"]
        case .metadataSize: ["too-large"]
        case .unsigned, .noKeys: ["unsigned"]
        case .wrongSignature: ["signature"]
        case .metadata:
            [
                "meta-syntax", "meta-encoding", "environment", "function-call", "duplicate-key", "unknown-section",
                "duplicate-section", "meta-uuid", "resource-length", "resource-hash",
            ]
        case .badValue: ["metadata-missing"]
        case .undeclared: ["extra-member"]
        case .missing: ["missing-resource"]
        case .tooLarge: ["too-large", "length"]
        case .damaged: ["crc", "resource-hash"]
        case .wrongLength: ["resource-length", "length", "too-large", "delta-unsigned"]
        case .wrongHash: ["resource-hash"]
        case .unsignedPatch: []
        case .file, .cancelled: []
        }
    }
}
