internal import Devices
internal import Encoding
import Foundation
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import SecretsTestSupport
import Store
import Testing
import Wire

@testable import Secrets

/// Devices whose name is older than the rule, or has another role.
@Suite struct KnownNameTests {
    /// What an older hub wrote: it would not be taken any more.
    private static func legacySecret(_ secret: String, for id: String, at rig: IssuingRig) async throws {
        let new = NewSecret(deviceID: id, value: Array(secret.utf8), validUntil: rig.clock.now + 3600)
        let sealed = rig.rooms.secrets.seal(SecretMaterial(secret: new.value).encoded, deviceID: id)
        try await rig.rooms.journal.store.write { db in try SecretStore.insert(new, sealed: sealed, in: db) }
    }

    @Test func secretFromBeforeTheRule_StillCounts() async throws {
        let rig = try await IssuingRig()
        try await Self.legacySecret("s3cret", for: "a/b", at: rig)
        #expect(try await TestDevice("a/b", secret: "wrong").enrol(at: rig).status == .rejected)
        #expect(try await TestDevice("a/b", secret: "s3cret").enrol(at: rig).status == .approved)
    }

    @Test func deviceWithAnotherRole_DoesNotBarItself() async throws {
        let rig = try await IssuingRig()
        var secret = NewSecret(deviceID: "gate", value: Array("s".utf8), validUntil: rig.clock.now + 60)
        secret.ou = "service"
        try await rig.rooms.devices.addSecret(secret, replacing: false, by: .hub)
        #expect(try await TestDevice("gate", secret: "s").enrol(at: rig).status == .approved)
        try await rig.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        #expect(try await TestDevice("gate", secret: "s").enrol(at: rig).status == .approved)
    }
}
