import CoSignTestSupport
import CoSigning
import Encoding
import Journal
import JournalTestSupport
import Releases
import Testing

/// Ids of tokens and messages count once (docs/protocols/cosign.md 6).
@Suite struct UsedOnceTests {
    /// Twelve requests at the same time; how many were answered, and what the others were refused for.
    private func race(
        _ rig: ReleasesRig, _ requests: [CoSignRequest]
    ) async throws -> (signed: Int, refusals: [CoSignRefusal]) {
        try await withThrowingTaskGroup(of: CoSignRefusal?.self) { group in
            for request in requests {
                group.addTask {
                    do {
                        _ = try await rig.releases.coSign(request, project: rig.projectID, by: .hub)
                        return nil
                    } catch let refusal as CoSignRefusal {
                        return refusal
                    }
                }
            }
            let results = try await group.reduce(into: []) { $0.append($1) }
            return (results.filter { $0 == nil }.count, results.compactMap { $0 })
        }
    }

    @Test func twelveRequestsWithOneToken_OneIsCoSigned() async throws {
        let rig = try await ReleasesRig()
        let token = try Publisher.token(of: rig.publisher.server, at: rig.now)
        let requests = try (0..<12).map { _ in
            try rig.publisher.request(rig.publisher.message(at: rig.now), at: rig.now, token: token)
        }
        let (signed, refusals) = try await race(rig, requests)
        #expect(signed == 1)
        #expect(refusals == Array(repeating: .replayed, count: 11))
    }

    @Test func oneMessageWithTwelveTokens_OneIsCoSigned() async throws {
        let rig = try await ReleasesRig()
        let claims = rig.publisher.message(at: rig.now)
        let requests = try (0..<12).map { _ in try rig.publisher.request(claims, at: rig.now) }
        let (signed, refusals) = try await race(rig, requests)
        #expect(signed == 1)
        #expect(refusals == Array(repeating: .replayed, count: 11))
    }

    @Test func usedIds_StayUsedAfterARestart_AndUntilAnHourAfterTheirEnd() async throws {
        let former = try await ReleasesRig()
        let token = try Publisher.token(of: former.publisher.server, at: former.now)
        let claims = former.publisher.message(at: former.now)
        _ = try await former.coSign(claims, token: token)
        let rig = try await ReleasesRig(reopening: former)
        await #expect(throws: CoSignRefusal.replayed) { try await rig.coSign(claims) }
        await #expect(throws: CoSignRefusal.replayed) { try await rig.coSign(token: token) }
        rig.clock.advance(by: 3599)
        try await rig.releases.sweep()
        await #expect(throws: CoSignRefusal.replayed) { try await rig.coSign(claims) }
    }

    @Test func refusedRequest_UsesNothingUp() async throws {
        let rig = try await ReleasesRig { $0.requiresProjectSignature = true }
        let token = try Publisher.token(of: rig.publisher.server, at: rig.now)
        let claims = rig.publisher.message(at: rig.now)
        await #expect(throws: CoSignRefusal.missingProjectSignature) { try await rig.coSign(claims, token: token) }
        _ = try await rig.releases.setSuspended(rig.projectID, true, by: .hub)
        await #expect(throws: CoSignRefusal.suspended) {
            try await rig.coSign(claims, with: [rig.publisher.project], token: token)
        }
        _ = try await rig.releases.setSuspended(rig.projectID, false, by: .hub)
        _ = try await rig.coSign(claims, with: [rig.publisher.project], token: token)
        #expect(try await rig.actions().filter { $0 == "cosign.sign" }.count == 1)
    }

    @Test func uploadedRelease_UsesItsTokenUp_ButNotItsId() async throws {
        let rig = try await ReleasesRig()
        let token = try Publisher.token(of: rig.publisher.server, at: rig.now)
        let claims = rig.publisher.release(1, at: rig.now)
        let request = try rig.publisher.request(claims, at: rig.now, with: [rig.publisher.project], token: token)
        _ = try await rig.releases.publish(request, project: rig.projectID, by: .hub)
        await #expect(throws: CoSignRefusal.replayed) {
            try await rig.releases.publish(request, project: rig.projectID, by: .hub)
        }
        await #expect(throws: CoSignRefusal.replayed) { try await rig.coSign(token: token) }
        _ = try await rig.coSign(claims, with: [rig.publisher.project])
    }

    @Test func administratorsToken_CountsOnce() async throws {
        let rig = try await ReleasesRig()
        let token = try Publisher.token(of: rig.publisher.admin, at: rig.now)
        #expect(try await rig.releases.authenticateAdministrator(token, project: rig.projectID) == "admin-1")
        await #expect(throws: CoSignRefusal.replayed) {
            try await rig.releases.authenticateAdministrator(token, project: rig.projectID)
        }
        // A server never counts as an administrator, whatever it signs.
        let other = try Publisher.token(of: rig.publisher.server, at: rig.now)
        await #expect(throws: CoSignRefusal.unauthenticated) {
            try await rig.releases.authenticateAdministrator(other, project: rig.projectID)
        }
    }

    @Test func afterARestoration_WhatWasMadeBeforeItIsRefused() async throws {
        let rig = try await ReleasesRig()
        let claims = rig.publisher.message(at: rig.now)
        let token = try Publisher.token(of: rig.publisher.server, at: rig.now)
        let admin = try Publisher.token(of: rig.publisher.admin, at: rig.now)
        rig.clock.advance(by: 10)
        try await rig.releases.noteRestore()
        await #expect(throws: CoSignRefusal.suspended) { try await rig.coSign() }
        _ = try await rig.releases.setSuspended(rig.projectID, false, by: .hub)
        await #expect(throws: CoSignRefusal.unauthenticated) { try await rig.coSign(claims) }
        await #expect(throws: CoSignRefusal.unauthenticated) { try await rig.coSign(token: token) }
        await #expect(throws: CoSignRefusal.unauthenticated) {
            try await rig.releases.authenticateAdministrator(admin, project: rig.projectID)
        }
        _ = try await rig.coSign()
        // A message that lasts longer than any token is good again once no token from before can be.
        let long = rig.publisher.message(
            at: rig.now - 20,
            [
                ("exp", .number("\(rig.now + 8000)")),
                ("jti", .string(MessageID.make(end: rig.now + 8000).text)),
            ])
        await #expect(throws: CoSignRefusal.unauthenticated) { try await rig.coSign(long) }
        rig.clock.advance(by: 3660 + 120 + 3 + 1)
        _ = try await rig.coSign(long)
    }
}
