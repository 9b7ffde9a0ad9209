import CoSigning
import Encoding
import Files
import Testing

@testable import DeviceClient

/// Of which version the co-signer keys are that a device takes from its hub (docs/protocols/cosign.md 1 and 7).
@Suite(.timeLimit(.minutes(2))) struct ReleaseTrustVersionTests {
    /// A hub that has replaced its co-signer key twice, each time in one step: whoever has the newest key alone cannot
    /// follow the first key set.
    private struct Rotated {
        let bench: ReleaseBench
        let newest: TestPublisher
        let versions: [Int64: JSONValue]

        init() throws {
            let bench = try ReleaseBench()
            self.bench = bench
            let first = bench.publisher
            var (second, third) = (first, first)
            second.coSigner = try TestPublisher.key(first.coSigner.kid.text + "#2")
            third.coSigner = try TestPublisher.key(first.coSigner.kid.text + "#3")
            let sets: [Int64: [UInt8]] = [
                2: try TestPublisher.keySet(
                    try second.trust(version: 2), signedBy: [first.projectKey, first.coSigner, second.coSigner]),
                3: try TestPublisher.keySet(
                    try third.trust(version: 3), signedBy: [first.projectKey, second.coSigner, third.coSigner]),
            ]
            let trusts: [Int64: JSONValue] = [
                1: try first.trust().json, 2: try second.trust(version: 2).json, 3: try third.trust(version: 3).json,
            ]
            (self.newest, versions) = (third, trusts)
            bench.hub.change { ($0.trust, $0.trusts, $0.keySets) = (trusts[3] ?? .null, trusts, sets) }
            let newest = third
            bench.offer { try newest.coSigned(Self.release, now: ReleaseBench.now, nonce: $0) }
        }

        static let release = TestPublisher.Release(start: ReleaseBench.now - 3600)

        func equip(version: Int64) throws {
            let members = (versions[version]?.members ?? []).filter { $0.name != "cosigner_keys" }
            try SecureFile.write(
                JSONValue.object(members).encoded(), to: bench.folder.factoryTrustPath, mode: 0o600)
        }

        /// What a device had before, with a co-signer key that its hub does not have.
        func keep(version: Int64) throws {
            var lost = bench.publisher
            lost.coSigner = try TestPublisher.key(bench.publisher.coSigner.kid.text)
            var record = ReleaseRecord()
            record.trust = try lost.trust(version: version)
            record.mayReplaceCoSigner = true
            try bench.folder.write(record)
        }
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func factoryKeys_BeginAtTheirVersionAndWalk(_ version: Int64) async throws {
        let rotated = try Rotated()
        try rotated.equip(version: version)
        let bench = rotated.bench
        try await bench.hub.run { address async throws in
            #expect(try await bench.device(address).release(stream: "os")?.seq == 42)
        }
        #expect(bench.hub.seen.versions == ["\(version)"])
        #expect(try bench.record().trust == rotated.newest.trust(version: 3))
        #expect(try bench.record().origin == .factory)
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func renewedKeys_AreOfTheDevicesVersion(_ version: Int64) async throws {
        let rotated = try Rotated()
        try rotated.keep(version: version)
        let bench = rotated.bench
        try await bench.hub.run { address async throws in
            #expect(try await bench.device(address).release(stream: "os")?.seq == 42)
        }
        #expect(bench.hub.seen.versions == ["\(version)"])
        #expect(try bench.record().trust == rotated.newest.trust(version: 3))
        #expect(try bench.record().mayReplaceCoSigner == false)
    }

    @Test func withoutFactoryKeys_TheNewestAreTaken() async throws {
        let rotated = try Rotated()
        let bench = rotated.bench
        try await bench.hub.run { address async throws in
            #expect(try await bench.device(address).release(stream: "os")?.seq == 42)
        }
        #expect(bench.hub.seen.versions == [nil])
        #expect(try bench.record().trust == rotated.newest.trust(version: 3))
    }

    /// A hub that was lost and set up anew knows no version but its own.
    @Test(arguments: [true, false]) func hubWithoutThatVersion_GivesItsNewest(_ isFactory: Bool) async throws {
        let rotated = try Rotated()
        if isFactory {
            try SecureFile.write(
                try rotated.bench.publisher.factory(version: 7), to: rotated.bench.folder.factoryTrustPath,
                mode: 0o600)
        } else {
            try rotated.keep(version: 7)
        }
        let bench = rotated.bench
        try await bench.hub.run { address async throws in
            #expect(try await bench.device(address).release(stream: "os")?.seq == 42)
        }
        #expect(bench.hub.seen.versions == ["7", nil])
        let trust = try #require(try bench.record().trust)
        #expect(trust.version == 7 && trust.coSignerKeys == TestPublisher.trusted([rotated.newest.coSigner]))
    }

    @Test func keysOfAnotherVersionThanAskedFor_AreNotKept() async throws {
        let rotated = try Rotated()
        try rotated.equip(version: 1)
        let (bench, newest) = (rotated.bench, rotated.versions[3] ?? .null)
        bench.hub.change { $0.trusts[1] = newest }
        try await bench.hub.run { address async throws in
            let error = await #expect(throws: DeviceError.self) {
                try await bench.device(address).release(stream: "os")
            }
            guard case .hubFault = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        #expect(try bench.record().trust == nil)
        #expect(bench.hub.seen.asks.isEmpty)
    }

    @Test(arguments: [.null, .number("0"), .number("-1"), .string("1"), .number("1.0")] as [JSONValue])
    func factoryKeysWithoutAVersion_AreRefused(_ version: JSONValue) async throws {
        let rotated = try Rotated()
        let bench = rotated.bench
        let members = (rotated.versions[1]?.members ?? []).filter { $0.name != "cosigner_keys" }
        let wrong = members.map { $0.name == "version" ? JSONValue.Member("version", version) : $0 }
        try SecureFile.write(JSONValue.object(wrong).encoded(), to: bench.folder.factoryTrustPath, mode: 0o600)
        try await bench.hub.run { address async throws in
            #expect(await refusal { try await bench.device(address).release(stream: "os") } == "bad_trust")
        }
        #expect(bench.hub.seen.versions.isEmpty)
    }
}
