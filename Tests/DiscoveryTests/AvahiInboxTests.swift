import Testing

@testable import Discovery

@Suite struct AvahiInboxTests {
    private static func instance(_ number: Int) -> ServiceInstance {
        ServiceInstance(name: "\(number)", domain: "local", interface: 1, transport: 0)
    }

    private static func drain(_ inbox: AvahiInbox) -> [AvahiEvent] {
        var events: [AvahiEvent] = []
        while let event = inbox.next() { events.append(event) }
        return events
    }

    @Test func events_ComeOutInOrder_AlsoThoseAddedWhileReading() {
        let inbox = AvahiInbox()
        inbox.append(.daemon(.registering))
        inbox.append(.daemon(.running))
        #expect(inbox.next() == .daemon(.registering))
        inbox.append(.group(.pending))
        #expect(Self.drain(inbox) == [.daemon(.running), .group(.pending)])
        #expect(inbox.next() == nil)
    }

    @Test func flood_IsCutOff_ButFaultsStillArrive() {
        let inbox = AvahiInbox()
        for number in 0..<(AvahiInbox.limit + 10) { inbox.append(.appeared(Self.instance(number))) }
        inbox.append(.daemon(.failed(reason: "gone")))
        let events = Self.drain(inbox)
        #expect(events.count == AvahiInbox.limit + 1)
        #expect(events.first == .appeared(Self.instance(0)))
        #expect(events.last == .daemon(.failed(reason: "gone")))
    }

    @Test func withdrawnGroup_LeavesNoWordBehind() {
        let inbox = AvahiInbox()
        inbox.append(.daemon(.registering))
        inbox.append(.group(.established))
        inbox.append(.daemon(.running))
        #expect(inbox.next() == .daemon(.registering))
        inbox.dropGroupEvents()
        #expect(Self.drain(inbox) == [.daemon(.running)])
    }
}
