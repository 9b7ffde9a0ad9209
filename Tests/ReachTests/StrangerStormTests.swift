internal import Devices
internal import Journal
internal import JournalTestSupport
internal import Reach
import Testing

/// What strangers can bring about at the rooms, seen in the trail.
@Suite struct StrangerStormTests {
    /// Everything a stranger can bring about: each has a few lines, and one more when the minute is over, although
    /// nothing follows.
    @Test func stormsOfStrangers_LeaveFewLinesAndTheirSums() async throws {
        let rig = try await ReachRig()
        let rooms = rig.rooms
        rig.clock.advance(by: 60 - rooms.journal.now() % 60)
        let before = try await rooms.journal.auditEvents(before: nil, subject: nil, limit: 100).count
        for number in 0..<250 {
            let requester = Requester(name: "anonymous", address: "2001:db8::\(number)")
            try await rooms.devices.recordPending(
                "ghost-\(number)", Sighting(address: requester.address, mac: "", fingerprint: nil), by: requester)
            try await rooms.reach.auditTunnels([
                TunnelNote("tunnel.refuse", "tunnels", by: requester, detail: [:], cause: .stranger)
            ])
        }
        let events = try await rooms.journal.auditEvents(before: nil, subject: nil, limit: 1000)
        #expect(events.count - before == 20 + 200)
        rig.clock.advance(by: 60)
        try await rooms.journal.writeAuditSums()
        try await rooms.journal.writeAuditSums()
        let sums = try await rooms.journal.auditEvents(before: nil, subject: "many", limit: 100)
        #expect(sums.map(\.action) == ["tunnel.refuse", "device.pending"])
        #expect(sums.map(\.detail) == [#"{"more":"230","addresses":"230"}"#, #"{"more":"50","addresses":"50"}"#])
        #expect(sums.allSatisfy { $0.requester.name == "many" })
        #expect(try await rooms.journal.verifyAudit() == .intact(events: Int64(before + 222)))
    }
}
