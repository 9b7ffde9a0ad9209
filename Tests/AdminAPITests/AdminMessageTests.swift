import AdminAPI
import Foundation
import Testing

@Suite struct AdminMessageTests {
    static let all =
        AdminMessage.devices + AdminMessage.hub + AdminMessage.updates + AdminMessage.coSigning
        + AdminMessage.health

    private static func object(_ data: Data) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The same text for the same members, in whatever order.
    private static func text(_ data: Data) throws -> String {
        let sorted = try JSONSerialization.data(withJSONObject: object(data), options: .sortedKeys)
        return String(decoding: sorted, as: UTF8.self)
    }

    @Test(arguments: all) func everyMember_IsReadAndWritten(_ message: AdminMessage) throws {
        for text in [message.full, message.least] {
            let given = Data(text.utf8)
            #expect(try Self.text(message.reread(given)) == Self.text(given))
        }
    }

    /// Null is like absent, and what a newer release adds is passed over.
    @Test(arguments: all) func otherReleases_AreUnderstood(_ message: AdminMessage) throws {
        let least = Data(message.least.utf8)
        var more = try Self.object(least)
        for name in try Self.object(Data(message.full.utf8)).keys where more[name] == nil { more[name] = NSNull() }
        more["aMemberOfALaterRelease"] = ["x": 1]
        let written = try message.reread(try JSONSerialization.data(withJSONObject: more))
        #expect(try Self.text(written) == Self.text(least))
    }

    @Test(arguments: all) func memberThatMustBeThere_IsMissed(_ message: AdminMessage) throws {
        let least = try Self.object(Data(message.least.utf8))
        for name in least.keys {
            let less = least.filter { $0.key != name }
            let data = try JSONSerialization.data(withJSONObject: less)
            #expect(throws: DecodingError.self, "\(name)") { try message.reread(data) }
        }
    }

    @Test(arguments: all) func memberOfAnotherType_IsRefused(_ message: AdminMessage) throws {
        let full = try Self.object(Data(message.full.utf8))
        // Members that hold JSON of any kind take whatever comes.
        let free: Set<String> = ["metaData", "filter", "value", "data", "details"]
        for (name, value) in full where !free.contains(name) {
            var other = full
            if value is [String: Any] { other[name] = [1] } else { other[name] = ["x": ["y": 1]] }
            let data = try JSONSerialization.data(withJSONObject: other)
            #expect(throws: DecodingError.self, "\(name)") { try message.reread(data) }
        }
    }

    private static let queries: [(query: [String], names: String)] = [
        (names(DeviceQuery.self), "state invalidIDs after limit"),
        (names(CertificateQuery.self), "commonName after limit"),
        (names(ArtifactQuery.self), "release deviceType sha256 after limit"), (names(UploadQuery.self), "offset"),
        (names(AdminAuditQuery.self), "subject action since newerThan after limit"),
        (names(RetireQuery.self), "force"), (names(RevocationListQuery.self), "generation"),
        (names(AdminDeploymentQuery.self), "state search after limit"),
        (names(InstallationQuery.self), "state after limit"), (names(AlarmQuery.self), "all after limit"),
        (names(ReleaseQuery.self), "project stream"), (names(HealthQuery.self), "hours"),
        (names(PageQuery.self), "after limit"), (names(NoQuery.self), ""),
    ]

    private static func names<Query: EndpointQuery>(_ type: Query.Type) -> [String] { Query.fields.map(\.name) }

    /// Names behind a path are interface like those in a body.
    @Test func namesOfQueries_AreThese() {
        for (query, names) in Self.queries { #expect(query.joined(separator: " ") == names) }
    }

    @Test func derivedValues_FollowTheirMembers() {
        var deployment = AdminDeployment(
            id: "i", name: "n", release: "r", status: "paused", createdAt: "t", startsAt: "t", target: "all")
        for (status, isFinished) in [("finished", true), ("aborted", true), ("paused", false), ("pending", false)] {
            deployment.status = status
            #expect(deployment.isFinished == isFinished)
        }
        var view = AdminCertificateView(serial: "0a", commonName: "", ou: "", notBefore: "", notAfter: "")
        #expect(view.isUnknown)
        view.ou = "client"
        #expect(!view.isUnknown)
        #expect(AdminBackup.shortestPassphrase == 8 && AdminEndpoints.pageLimit == 1000)
    }
}
