import BaseTestSupport
import CoSigning
import Encoding
import Files
import PKI
import Testing

@testable import DeviceClient

/// Which keys a device takes from whom (docs/protocols/cosign.md 1 and 7).
@Suite(.timeLimit(.minutes(2))) struct ReleaseTrustTests {
    private static let start = ReleaseBench.now - 3600

    /// Puts keys into the factory image.
    private static func equip(_ bench: ReleaseBench, _ bytes: [UInt8]) throws {
        try SecureFile.write(bytes, to: bench.folder.factoryTrustPath, mode: 0o600)
    }

    @Test func factoryKeys_TakeTheHubsCoSignerOnly() async throws {
        let bench = try ReleaseBench()
        try Self.equip(bench, try bench.publisher.factory())
        // The hub names a project key of its own: whoever holds the hub would be both factors.
        var hubs = bench.publisher
        hubs.projectKey = try TestPublisher.key(TestPublisher.project)
        let (trust, alone) = (try hubs.trust().json, hubs)
        bench.hub.change { $0.trust = trust }
        try await bench.hub.run { address async throws in
            bench.offer { try alone.coSigned(.init(start: Self.start), now: ReleaseBench.now, nonce: $0) }
            #expect(await refusal { try await bench.device(address).release(stream: "os") } == "bad_signature")
            #expect(bench.hub.seen.reports.last?["trust_origin"]?.string == "factory")
            bench.offer()
            #expect(try await bench.device(address).release(stream: "os")?.seq == 42)
        }
        let record = try bench.record()
        #expect(
            record.origin == .factory
                && record.trust?.projectKeys == TestPublisher.trusted([bench.publisher.projectKey]))
    }

    @Test func wholeFactoryKeys_NeedNoHub() async throws {
        let bench = try ReleaseBench()
        try Self.equip(bench, try bench.publisher.trust().json.encoded())
        let stick = try WorkFolder()
        try stick.put(
            "a.release.json",
            try bench.publisher.coSigned(.init(start: Self.start), now: ReleaseBench.now, nonce: nil))
        #expect(try await bench.device("127.0.0.1:1").release(stream: "os", fromFolder: stick.path)?.seq == 42)
        bench.offer()
        try await bench.hub.run { _ = try await bench.device($0).release(stream: "os") }
        #expect(!bench.hub.seen.requests.contains("/cosign/v1/trust"))
        #expect(try bench.record().origin == .factory)
    }

    @Test func factoryKeysOfALaterImage_ReplaceTheHubs() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            #expect(try bench.record().origin == .hub)
            try Self.equip(bench, try bench.publisher.factory())
            bench.offer(.init(seq: 41, start: Self.start))
            #expect(await refusal { try await bench.device(address).release(stream: "os") } == "rollback")
        }
        #expect(try bench.record().origin == .factory)
    }

    /// Keys that a hub must not get through.
    enum BadTrust: String, CaseIterable, CustomTestStringConvertible {
        case oneKeyInBothRoles, noProjectKey, otherProject, notJSON
        var testDescription: String { rawValue }

        func document(_ publisher: TestPublisher) throws -> JSONValue {
            let members = try publisher.trust().json.members ?? []
            func changed(_ name: String, _ value: JSONValue) -> JSONValue {
                .object(members.map { $0.name == name ? .init(name, value) : $0 })
            }
            switch self {
            case .oneKeyInBothRoles:
                let twin = VerificationKey(kid: publisher.coSigner.kid, key: publisher.projectKey.key.publicKey)
                return changed("cosigner_keys", .array([twin?.jwk ?? .null]))
            case .noProjectKey: return changed("project_keys", .array([]))
            case .otherProject: return changed("project", .string("another"))
            case .notJSON: return .string("keys")
            }
        }
    }

    @Test(arguments: BadTrust.allCases) func badKeys_AreNotKept(_ bad: BadTrust) async throws {
        let bench = try ReleaseBench()
        if bad == .otherProject { try Self.equip(bench, try bench.publisher.factory()) }
        bench.offer()
        let document = try bad.document(bench.publisher)
        bench.hub.change { $0.trust = document }
        try await bench.hub.run { address async throws in
            let error = await refusal { try await bench.device(address).release(stream: "os") }
            #expect(error == (bad == .otherProject ? "wrong_project" : "bad_trust"))
            let origin = bench.hub.seen.reports.last?["trust_origin"]?.string
            #expect(origin == (bad == .otherProject ? "factory" : "hub"))
        }
        #expect(try bench.record().trust == nil)
        #expect(bench.hub.seen.asks.isEmpty, "nothing is asked without keys")
    }

    @Test func renewedProvisioning_ReplacesCoSignerKeysOnly() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            var other = bench.publisher
            other.projectKey = try TestPublisher.key(TestPublisher.project)
            other.coSigner = try TestPublisher.key(bench.publisher.coSigner.kid.text)
            var mixed = bench.publisher
            mixed.coSigner = other.coSigner
            let (trust, honest, hostile) = (try other.trust().json, mixed, other)
            bench.hub.change { $0.trust = trust }
            let release = TestPublisher.Release(seq: 43, start: Self.start)
            bench.offer { try honest.coSigned(release, now: ReleaseBench.now, nonce: $0) }
            #expect(
                await refusal { try await bench.device(address).release(stream: "os") } == "bad_signature",
                "not without a provisioning")
            try bench.folder.allowNewCoSigner()
            #expect(try await bench.device(address).release(stream: "os")?.seq == 43)
            bench.offer { try hostile.coSigned(release, now: ReleaseBench.now, nonce: $0) }
            #expect(await refusal { try await bench.device(address).release(stream: "os") } == "bad_signature")
        }
        let record = try bench.record()
        #expect(record.trust?.projectKeys == TestPublisher.trusted([bench.publisher.projectKey]))
        #expect(record.trust?.recoveryKeys == TestPublisher.trusted(bench.publisher.recovery))
        #expect(!record.mayReplaceCoSigner, "once")
    }

    @Test(arguments: [true, false]) func onlyTheSecret_OpensTheWayForOtherKeys(_ hasSecret: Bool) async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { _ = try await bench.device($0).release(stream: "os") }
        #expect(bench.folder.removeCertificate())
        let hub = try ScriptedHub { _, _ in .approve(secret: hasSecret ? ScriptedHub.secret : "") }
        try await hub.run { address async throws in
            let device = try bench.device(address) { $0.firstContact = hasSecret ? .secret : .trustOnFirstUse }
            try await device.provision(secret: hasSecret ? ScriptedHub.secret : nil)
        }
        let record = try bench.record()
        #expect(record.mayReplaceCoSigner == hasSecret)
        #expect(record.trust == (try bench.publisher.trust()), "nothing is replaced before the hub is asked")
    }

    @Test func reset_KeepsFactoryKeysAndForgetsTheHubs() async throws {
        for isFactory in [true, false] {
            let bench = try ReleaseBench()
            if isFactory { try Self.equip(bench, try bench.publisher.factory()) }
            bench.offer()
            try await bench.hub.run { address async throws in
                let device = try bench.device(address)
                _ = try await device.release(stream: "os")
                try await device.reset()
            }
            #expect(SecureFile.exists(bench.folder.releasesPath) == isFactory)
            #expect(SecureFile.exists(bench.folder.factoryTrustPath) == isFactory)
        }
    }

    @Test func record_ComesBackAsItWasAndNeverInParts() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { _ = try await bench.device($0).release(stream: "os") }
        let bytes = try SecureFile.bytes(bench.folder.releasesPath)
        #expect(ReleaseRecord(parsing: bytes)?.encoded() == bytes)
        for beginning in Damage.beginnings(of: bytes) { #expect(ReleaseRecord(parsing: beginning) == nil) }
        try SecureFile.write(Array(bytes.dropLast()), to: bench.folder.releasesPath, mode: 0o600)
        try await bench.hub.run { address async throws in
            let error = await #expect(throws: DeviceError.self) {
                try await bench.device(address).release(stream: "os")
            }
            guard case .storage = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
