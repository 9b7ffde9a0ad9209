import Journal
import Testing
import Wire

@testable import Presence

/// Who is connected, over which link, and how that ends; with a link that speaks no protocol at all.
@Suite struct PresenceTests {
    @Test func device_IsThereWhileItsConnectionIsServed() async throws {
        let site = try PresenceSite()
        let presence = site.presence
        #expect(presence.standing("lamp") == nil)
        #expect(throws: LinkError.notConnected) { try presence.link("lamp") }
        let link = ScriptedLink("lamp", [.shell, .reboot])
        try await presence.serve(link, isAllowed: { true }) {
            #expect(presence.count == 1)
            let found = try presence.link("lamp")
            #expect(found === link)
            let standing = Presence.Standing(isConnected: true, since: site.clock.now, abilities: [.shell, .reboot])
            #expect(presence.standing("lamp") == standing)
            site.clock.advance(by: 60)
        }
        #expect(presence.count == 0)
        let standing = Presence.Standing(isConnected: false, since: site.clock.now, abilities: [])
        #expect(presence.standing("lamp") == standing)
        #expect(link.closings.isEmpty)
    }

    @Test func connectionThatFails_IsForgotten() async throws {
        let site = try PresenceSite()
        await #expect(throws: LinkError.timedOut) {
            try await site.presence.serve(ScriptedLink("lamp"), isAllowed: { true }) { throw LinkError.timedOut }
        }
        #expect(site.presence.count == 0)
    }

    @Test func revokedKey_EndsTheLinksThatWereOpenedWithIt() async throws {
        let site = try PresenceSite()
        let (one, other) = (
            ScriptedLink("lamp", credential: "nhp_1"), ScriptedLink("lamp2", credential: "nhp_2")
        )
        try await site.presence.serve(one, isAllowed: { true }) {
            try await site.presence.serve(other, isAllowed: { true }) {
                site.journal.endings.announce(.linkKey("nhp_1"))
                #expect(one.closings == [.forbidden] && other.closings.isEmpty)
                #expect(site.presence.count == 1)
            }
        }
    }

    @Test func linksOfTwoProtocols_AreSideBySide() async throws {
        let presence = try PresenceSite().presence
        let (one, other) = (ScriptedLink("lamp", [.shell], name: "one"), ScriptedLink("lamp", [.reboot], name: "other"))
        try await presence.serve(one, isAllowed: { true }) {
            try await presence.serve(other, isAllowed: { true }) {
                #expect(one.closings.isEmpty && presence.count == 1 && presence.links(of: "lamp").count == 2)
                #expect(presence.standing("lamp")?.abilities == [.shell, .reboot])
                let able = try presence.link("lamp", for: .shell)
                #expect(able === one)
                #expect(throws: LinkError.unsupported) { try presence.link("lamp", for: .files) }
            }
            #expect(presence.standing("lamp")?.isConnected == true)
            try presence.disconnect("lamp")
        }
        #expect(one.closings == [.disconnected])
        #expect(throws: LinkError.notConnected) { try presence.disconnect("lamp") }
        let kinds = presence.history.events(after: 0).map(\.kind)
        #expect(kinds == [.connected, .connected, .disconnected, .disconnected])
        let numbers = presence.history.events(after: 0).map(\.number)
        #expect(presence.history.events(after: numbers[2]).map(\.number) == [numbers[3]])
        #expect(presence.history.last == numbers[3])
    }

    @Test func newLink_TakesThePlaceOfTheOldOne_OfItsProtocol() async throws {
        let presence = try PresenceSite().presence
        let (old, new) = (ScriptedLink("lamp"), ScriptedLink("lamp"))
        try await presence.serve(old, isAllowed: { true }) {
            try await presence.serve(new, isAllowed: { true }) {
                #expect(old.closings == [.replaced])
                let found = try presence.link("lamp")
                #expect(found === new)
                #expect(presence.count == 1)
            }
        }
        #expect(new.closings.isEmpty)
        #expect(presence.count == 0)
    }

    @Test func oldLinkThatEndsLate_LeavesTheNewOneThere() async throws {
        let presence = try PresenceSite().presence
        let (old, new) = (ScriptedLink("lamp"), ScriptedLink("lamp"))
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await presence.serve(old, isAllowed: { true }) {
                    start.finish()
                    for await _ in ended {}
                }
            }
            for await _ in started {}
            try await presence.serve(new, isAllowed: { true }) {
                end.finish()
                try await group.waitForAll()
                let found = try presence.link("lamp")
                #expect(found === new)
            }
        }
    }

    @Test func deviceThatIsShutOut_IsCutOffAndForgotten() async throws {
        let presence = try PresenceSite().presence
        let (link, other) = (ScriptedLink("lamp"), ScriptedLink("lamp2"))
        try await presence.serve(other, isAllowed: { true }) {
            try await presence.serve(link, isAllowed: { true }) {
                presence.close("lamp")
                #expect(link.closings == [.forbidden])
                #expect(presence.standing("lamp") == nil)
                presence.close("lamp")
            }
            #expect(presence.standing("lamp") == nil)
            #expect(presence.count == 1)
        }
        #expect(link.closings == [.forbidden] && other.closings.isEmpty)
    }

    @Test func rightThatEndedDuringTheHandshake_EndsTheLink() async throws {
        let presence = try PresenceSite().presence
        let link = ScriptedLink("lamp")
        try await presence.serve(link, isAllowed: { false }) {
            while link.closings.isEmpty { await Task.yield() }
        }
        #expect(link.closings == [.forbidden])
        #expect(presence.standing("lamp") == nil)
    }

    @Test func rightThatEnded_EndsNoLinkThatCameMeanwhile() async throws {
        let presence = try PresenceSite().presence
        let (old, new) = (ScriptedLink("lamp"), ScriptedLink("lamp"))
        let (isAsked, ask) = AsyncStream<Void>.makeStream()
        let (isReplaced, replace) = AsyncStream<Void>.makeStream()
        let (isOver, end) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await presence.serve(
                    old,
                    isAllowed: {
                        ask.finish()
                        for await _ in isReplaced {}
                        return false
                    }
                ) {}
                end.finish()
            }
            for await _ in isAsked {}
            try await presence.serve(new, isAllowed: { true }) {
                replace.finish()
                for await _ in isOver {}
                #expect(presence.count == 1 && new.closings.isEmpty)
            }
            try await group.waitForAll()
        }
        #expect(old.closings == [.replaced, .forbidden])
    }

    @Test func lookalikeIDs_AreTwoDevices() async throws {
        let presence = try PresenceSite().presence
        let (kelvin, letter) = (ScriptedLink("\u{212A}"), ScriptedLink("K"))
        try await presence.serve(kelvin, isAllowed: { true }) {
            try await presence.serve(letter, isAllowed: { true }) {
                presence.close("K")
                let found = try presence.link("\u{212A}")
                #expect(found === kelvin)
            }
        }
        #expect(kelvin.closings.isEmpty && letter.closings == [.forbidden])
    }

    private static let actions: [(LinkAction, String, String)] = [
        (.shell, "link.shell", ""), (.reading(path: "/a"), "link.fileRead", "/a"),
        (.writing(path: "/b"), "link.fileWrite", "/b"),
        (.forward(host: "h", port: 80, transport: "tcp"), "link.forward", "tcp h:80"),
        (.command("check-update"), "link.command", "check-update"),
    ]

    @Test func sessionOnADevice_IsInTheAuditTrail() async throws {
        let site = try PresenceSite()
        let requester = Requester(name: "ann", address: "192.0.2.1")
        let record = SessionRecord(site.presence, device: "lamp", session: "s", by: requester)
        for (action, _, _) in Self.actions { try await record.begin(action) }
        site.clock.advance(by: 5)
        await record.end(bytesToDevice: 1, bytesFromDevice: 2)
        let events = try await site.journal.auditEvents(before: nil, subject: "lamp", limit: 10)
        #expect(events.reversed().map(\.action) == Self.actions.map(\.1) + ["link.end"])
        #expect(events.allSatisfy { $0.requester == requester })
        for (event, action) in zip(events.reversed(), Self.actions) {
            #expect(event.detail.contains(#""target":"\#(action.2)""#), "\(event.detail)")
        }
        #expect(events.first?.detail.contains(#""seconds":"5""#) == true)
    }
}
