internal import Journal
internal import JournalTestSupport
import Testing
@testable import People

/// What a clock that was ahead has written neither lasts for a year nor comes to life again in a year (docs/time.md).
@Suite struct KeptTimesTests {
    private static let year: Int64 = 365 * 86_400

    private static func jump(_ rig: PeopleRig, by seconds: Int64) async throws {
        rig.clock.jump(by: seconds)
        _ = try await rig.journal.lookAtClock()
    }

    @Test func login_LastsItsWeekFromTheMomentTheClockIsRight() async throws {
        let rig = try await PeopleRig(clock: ManualClock(at: 1_900_000_000))
        try await rig.people.addUser("ann", role: .viewer, password: "correct horse", by: .hub)
        try await Self.jump(rig, by: Self.year)
        let token = try await rig.people.logIn("ann", password: "correct horse", by: .hub)
        try await Self.jump(rig, by: -Self.year)
        #expect(try await rig.people.session(userToken: token) != nil)
        rig.clock.advance(by: People.loginSeconds)
        #expect(try await rig.people.session(userToken: token) == nil)
        rig.clock.advance(by: Self.year - People.loginSeconds + 10)
        #expect(try await rig.people.session(userToken: token) == nil, "nor in a year")
    }

    @Test func lockedLogin_OpensAfterItsTime_WhateverTheClockDoes() async throws {
        let rig = try await PeopleRig(clock: ManualClock(at: 1_900_000_000))
        try await rig.people.addUser("ann", role: .viewer, password: "correct horse", by: .hub)
        try await Self.jump(rig, by: Self.year)
        for _ in 0..<rig.people.locks.wrongGuesses {
            await #expect(throws: LoginError.wrong) {
                try await rig.people.logIn("ann", password: "wrong", by: .hub)
            }
        }
        await #expect(throws: LoginError.locked(seconds: 60)) {
            try await rig.people.logIn("ann", password: "correct horse", by: .hub)
        }
        try await Self.jump(rig, by: Self.year)
        await #expect(throws: LoginError.locked(seconds: 60), "a clock that is set forward opens no lock") {
            try await rig.people.logIn("ann", password: "correct horse", by: .hub)
        }
        rig.clock.jump(by: -3 * Self.year)
        rig.clock.advance(by: 60)
        _ = try await rig.people.logIn("ann", password: "correct horse", by: .hub)
    }
}
