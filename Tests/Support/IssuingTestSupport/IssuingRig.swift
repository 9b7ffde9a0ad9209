internal import Files
package import Issuing
internal import Journal
package import JournalTestSupport
package import PKI
package import RecordTestSupport
package import Rooms
package import Store

/// Records and an authority of its own that issues for them, both in a temporary folder.
package struct IssuingRig: HoldsIssuer {
    /// What a test may have otherwise than a hub has by default.
    package struct Options: Sendable {
        package var limits = RoomLimits()
        package var grace = GracePolicy()
        /// Life of a device's certificate in seconds; `nil` for the profile's.
        package var deviceValidity: Int64?
    }

    package let records: RecordRig
    package let issuer: Issuer
    package let lists: RevocationLists
    package let responder: OCSPResponder
    package let catalogue: AuthorityCatalogue
    package var rooms: Rooms { records.rooms }
    package var clock: ManualClock { records.clock }
    package var folder: TemporaryFolder { records.folder }

    /// Makes or opens the authority and the store of a folder.
    ///
    /// - Parameters:
    ///   - folder: of an earlier rig, for what a restart leaves; `nil` makes a fresh one.
    ///   - migrations: of the modules above the issuer.
    package init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil,
        migrations: [(inout MigrationList) -> Void] = [], change: (inout Options) -> Void = { _ in }
    ) async throws {
        var options = Options()
        change(&options)
        records = try await RecordRig(folder: folder, clock: clock, migrations: [Issuer.addMigrations] + migrations) {
            $0.limits = options.limits
        }
        let authorities = Self.authorityFolder(records.folder)
        try SecureFile.makeFolder(authorities, mode: 0o700)
        catalogue = AuthorityCatalogue(
            files: AuthorityFiles(
                certificate: authorities + "/ca.crt", key: authorities + "/ca.key", areGiven: false),
            folder: authorities, name: "Latchkey Hub CA", organization: "Latchkey",
            profiles: Self.profiles(options.deviceValidity), publication: Publication(base: "http://127.0.0.1:1"))
        let rooms = records.rooms
        issuer = Issuer(
            authorities: try await catalogue.open(records.store, now: records.clock.now), journal: rooms.journal,
            secrets: rooms.secrets, devices: rooms.devices, identities: rooms.identities, reach: rooms.reach,
            grace: options.grace)
        lists = RevocationLists(issuer: issuer)
        responder = OCSPResponder(issuer: issuer)
        try await issuer.loadRevocations()
    }

    /// Where the authorities of a rig's folder are.
    package static func authorityFolder(_ folder: TemporaryFolder) -> String { folder.path + "/ca" }

    private static func profiles(_ deviceValidity: Int64?) -> [CertificateProfile] {
        CertificateProfile.builtIn.map { profile in
            guard let deviceValidity, profile.name == "iotdevice" else { return profile }
            var changed = profile
            changed.validitySeconds = deviceValidity
            return changed
        }
    }
}

/// A rig that issues certificates.
package protocol HoldsIssuer: HoldsRecords {
    var issuer: Issuer { get }
}

extension HoldsIssuer {
    /// A certificate for a fresh key.
    package func certificate(_ commonName: String, ou: String) async throws -> Certificate {
        try await issuer.issue(
            commonName: commonName, ou: ou, publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
    }
}
