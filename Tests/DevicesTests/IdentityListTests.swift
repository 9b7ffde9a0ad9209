internal import BaseTestSupport
internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
internal import Store
import Testing
import Wire

/// Lists and numbers of the devices of the update protocol, by their standing.
@Suite struct IdentityListTests {
    /// A device of the site, and what the operator left it at.
    private struct Member {
        let identity: String
        let id: String
        let record: String
        let tier: String
        var status: AuthSetStatus?
    }

    /// Devices in every standing, in the order they came.
    private static func site(_ seed: UInt64) async throws -> (rig: DevicesRig, members: [Member]) {
        var generator = SeededGenerator(seed)
        let rig = try await DevicesRig()
        let identities = rig.rooms.identities
        var members: [Member] = []
        for number in 0..<24 {
            rig.clock.advance(by: 1)
            let (name, tier) = ("{\"sn\":\"\(number)\"}", generator.pick(["standard", "micro", "system"]))
            let wanted = generator.pick(AuthSetStatus.allCases + [.accepted])
            let key = try PrivateKey.makeP256()
            if wanted == .preauthorized {
                _ = try await identities.preauthorize(name, publicKey: key.publicKey, force: false, by: .hub)
            } else {
                _ = try await rig.authenticate(name, key: key, tier: tier)
                if wanted != .pending { try await rig.decide(name, wanted) }
            }
            let identity = try #require(try await rig.identity(name))
            var member = Member(
                identity: name, id: identity.id, record: identity.deviceID, tier: identity.tier, status: wanted)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0:
                try await identities.removeAuthSet(identity.authSets[0].id, of: identity.id, by: .hub)
                member.status = nil
            case 1:
                try await rig.end(identity.deviceID, as: generator.pick([.revoked, .rejected]))
                member.status = .rejected
            default: break
            }
            members.append(member)
        }
        return (rig, members)
    }

    @Test(arguments: [31, 32] as [UInt64])
    func pagesAndNumbers_FollowTheStandingOfEachDevice(seed: UInt64) async throws {
        let (rig, members) = try await Self.site(seed)
        let identities = rig.rooms.identities
        let choices: [(status: [AuthSetStatus], keyless: Bool)] = [
            ([], false), ([.accepted], false), ([.pending, .rejected], false), ([.preauthorized], true), ([], true),
        ]
        for choice in choices {
            let expected = members.filter { member in
                if choice.status.isEmpty, !choice.keyless { return true }
                return member.status.map(choice.status.contains) ?? choice.keyless
            }
            var found: [DeviceIdentity] = []
            while true {
                let page = try await identities.identities(
                    status: choice.status, keyless: choice.keyless, ids: [], offset: found.count, limit: 5)
                found += page
                guard page.count == 5 else { break }
            }
            #expect(found.map(\.id) == expected.map(\.id), "\(choice)")
            #expect(found.map(\.status) == expected.map(\.status))
            let count = try await identities.identityCount(status: choice.status, keyless: choice.keyless)
            #expect(count == expected.count)
        }
        let chosen = members.prefix(9).map(\.id)
        let found = try await identities.identities(status: [.accepted], ids: chosen + ["x"], offset: 0, limit: 99)
        #expect(found.map(\.id) == members.prefix(9).filter { $0.status == .accepted }.map(\.id))
        #expect(try await identities.identities(status: [], ids: ["x"], offset: 0, limit: 9).isEmpty)
    }

    @Test(arguments: [33, 34] as [UInt64])
    func statistics_CountEachDeviceOnce(seed: UInt64) async throws {
        let (rig, members) = try await Self.site(seed)
        var expected: [String: [String: Int]] = [:]
        for member in members {
            expected[member.status?.rawValue ?? AuthSetStatus.withoutKeys, default: [:]][member.tier, default: 0] += 1
        }
        #expect(try await rig.rooms.identities.deviceStatistics() == expected)
        let updatable = try await rig.base.store.read { [identities = rig.rooms.identities] db in
            try identities.updatableDevices(in: db)
        }
        #expect(updatable == members.filter { $0.status == .accepted }.map(\.record).sorted())
    }

    @Test func identitiesOfRecords_PassOverThoseWithout() async throws {
        let (rig, members) = try await Self.site(35)
        try await rig.put("plain", .approved, serial: "0a")
        let asked = ["plain", "nobody", members[0].record, members[1].record]
        let found = try await rig.rooms.identities.identities(ofDevices: asked)
        #expect(
            found.mapValues(\.id) == [
                DeviceID(members[0].record): members[0].id, DeviceID(members[1].record): members[1].id,
            ])
    }
}
