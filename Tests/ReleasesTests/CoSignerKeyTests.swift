import CoSignTestSupport
import CoSigning
import Foundation
import Journal
import JournalTestSupport
import PKI
import Releases
import Store
import Testing

/// The co-signer's key: sealed in the store, or in a token that may be gone.
@Suite struct CoSignerKeyTests {
    @Test func keyInTheStore_IsNowhereReadable() async throws {
        let key = try PrivateKey.makeP256()
        let pem = try key.pem()
        let rig = try await ReleasesRig { $0.coSignerKey = .pem(pem) }
        _ = try await rig.coSign()
        // Base64 of the key's middle lines and the bytes that they stand for.
        let lines = pem.split(separator: "\n").dropFirst().dropLast()
        let secret = try #require(Data(base64Encoded: lines.joined()))
        for file in try FileManager.default.contentsOfDirectory(atPath: rig.base.folder.path) {
            let content = try Data(contentsOf: URL(fileURLWithPath: rig.base.folder.path + "/" + file))
            for line in lines { #expect(content.range(of: Data(line.utf8)) == nil, "\(file)") }
            #expect(content.range(of: secret.dropFirst(30).prefix(40)) == nil, "\(file)")
        }
    }

    @Test func keyThatCanNotBeOpened_LeavesTheRestRunning_WithAnAlarm() async throws {
        let key = try PrivateKey.makeP256()
        let former = try await ReleasesRig {
            $0.coSignerKey = .token("pkcs11:token=hub")
        } tokenKey: { _ in
            key
        }
        try await former.put("lamp")
        try await former.publish(1)
        _ = try await former.fetch("lamp")
        #expect(try await former.releases.projectsWithoutCoSigner() == [])
        let rig = try await ReleasesRig(reopening: former)
        #expect(try await rig.releases.projectsWithoutCoSigner() == [rig.projectID])
        #expect(try await rig.alarms(.coSignerMissing) == [rig.projectID])
        await #expect(throws: CoSignRefusal.suspended) { try await rig.coSign() }
        await #expect(throws: CoSignRefusal.suspended) { try await rig.fetch("lamp") }
        // All else goes on: releases come in, the gate is open for them, other projects have their key.
        let release = try await rig.publish(2)
        let isCovered = try await rig.base.store.read { [releases = rig.releases] db in
            try releases.allows(sha256: release.sha256, size: release.size, type: "rpi4", in: db)
        }
        #expect(isCovered)
        _ = try await rig.trust()
        let other = try Publisher("other")
        _ = try await rig.releases.createProject(
            NewProject(id: "other", projectKeys: [other.project.verification]), by: .hub)
        try await rig.releases.addKey(other.server.verification, role: .server, project: "other", by: .hub)
        _ = try await rig.releases.coSign(
            other.request(other.message(at: rig.now), at: rig.now), project: "other", by: .hub)
        #expect(try await rig.releases.projectsWithoutCoSigner() == [rig.projectID])
        // With the token back the alarm goes.
        let back = try await ReleasesRig(reopening: rig) { _ in
        } tokenKey: { _ in
            key
        }
        #expect(try await back.releases.projectsWithoutCoSigner() == [])
        #expect(try await back.alarms(.coSignerMissing) == [])
        _ = try await back.coSign()
    }

    @Test func tokenWithAnotherKey_SignsNothing() async throws {
        let key = try PrivateKey.makeP256()
        let former = try await ReleasesRig {
            $0.coSignerKey = .token("pkcs11:token=hub")
        } tokenKey: { _ in
            key
        }
        let other = try PrivateKey.makeP256()
        let rig = try await ReleasesRig(reopening: former) { _ in
        } tokenKey: { _ in
            other
        }
        await #expect(throws: CoSignRefusal.suspended) { try await rig.coSign() }
    }

    @Test func storeWithAnotherSealingKey_SignsNothing_AndSaysSo() async throws {
        let former = try await ReleasesRig()
        let database = former.base.folder.path
        let moved = try TemporaryFolder()
        for file in try FileManager.default.contentsOfDirectory(atPath: database) {
            try FileManager.default.copyItem(atPath: database + "/" + file, toPath: moved.path + "/" + file)
        }
        // The rig's sealing key comes from its folder's name.
        let rig = try await ReleasesRig(reopening: former, in: moved)
        #expect(try await rig.releases.projectsWithoutCoSigner() == [rig.projectID])
        await #expect(throws: CoSignRefusal.suspended) { try await rig.coSign() }
    }
}
