internal import Journal
import People
import Testing

/// Settings that programs keep for a user, or for all.
@Suite struct UserSettingsTests {
    @Test func settings_BelongToOneUserOrToAll() async throws {
        let rig = try await PeopleRig()
        #expect(try await rig.people.userSettings(of: nil).json == "{}")
        #expect(try await rig.people.setUserSettings(#"{"a":1}"#, of: nil, ifMatch: nil, by: .hub))
        #expect(try await rig.people.setUserSettings(#"{"b":2}"#, of: "u1", ifMatch: nil, by: .hub))
        #expect(try await rig.people.userSettings(of: nil).json == #"{"a":1}"#)
        #expect(try await rig.people.userSettings(of: "u1").json == #"{"b":2}"#)
        #expect(try await rig.people.userSettings(of: "u2").json == "{}")
    }

    /// What a client has seen, and whether its change is taken.
    @Test(arguments: [(nil, true), ("seen", true), ("other", false)] as [(String?, Bool)])
    func change_IsTakenFromWhoSawThePresentOnes(seen: String?, isTaken: Bool) async throws {
        let rig = try await PeopleRig()
        _ = try await rig.people.setUserSettings(#"{"a":1}"#, of: "u1", ifMatch: nil, by: .hub)
        let present = try await rig.people.userSettings(of: "u1").tag
        let tag = seen == "seen" ? present : seen
        #expect(try await rig.people.setUserSettings(#"{"a":2}"#, of: "u1", ifMatch: tag, by: .hub) == isTaken)
        #expect(try await rig.people.userSettings(of: "u1").json == (isTaken ? #"{"a":2}"# : #"{"a":1}"#))
        #expect(try await (rig.people.userSettings(of: "u1").tag == present) != isTaken)
    }
}
