import Testing

@testable import Discovery

@Suite struct PublicationStateMachineTests {
    typealias Machine = PublicationStateMachine

    static let service = ServiceDescription(
        name: "idprov", type: "_idprov._tcp", port: 43776, txt: ["path=/idprov/directory"])

    static func named(_ name: String, port: UInt16 = 43776) -> ServiceDescription {
        var service = Self.service
        service.name = name
        service.port = port
        return service
    }

    /// A machine that has been through these events.
    static func machine(after events: [Machine.Event]) -> Machine {
        var machine = Machine(service) { $0 == "last" ? nil : "\($0)+" }
        for event in events { _ = machine.handle(event) }
        return machine
    }

    struct Transition: Sendable, CustomTestStringConvertible {
        let name: String
        let before: [Machine.Event]
        let event: Machine.Event
        let action: Machine.Action
        let state: PublicationState
        var testDescription: String { name }
    }

    static let probing = PublicationState.waiting(reason: "Avahi asks the network whether the name is free")
    static let hostName = PublicationState.waiting(reason: "Avahi registers the name of the host")
    static let established: [Machine.Event] = [.daemon(.running), .group(.pending), .group(.established)]

    static let transitions = [
        Transition(
            name: "no bus: try again", before: [], event: .unreachable(reason: "no bus"), action: .reconnect,
            state: .waiting(reason: "Avahi is not reachable: no bus")),
        Transition(
            name: "bus without daemon: wait for it", before: [], event: .daemon(.absent), action: .nothing,
            state: .waiting(reason: "the Avahi daemon is not running")),
        Transition(
            name: "daemon busy with its host name: nothing to publish yet", before: [], event: .daemon(.registering),
            action: .withdraw, state: hostName),
        Transition(
            name: "daemon runs: publish", before: [.daemon(.registering)], event: .daemon(.running),
            action: .publish(service), state: probing),
        Transition(
            name: "group registers: wait", before: [.daemon(.running)], event: .group(.pending), action: .nothing,
            state: probing),
        Transition(
            name: "group established: visible", before: [.daemon(.running)], event: .group(.established),
            action: .nothing, state: .established(name: "idprov")),
        Transition(
            name: "name taken while probing: next name", before: [.daemon(.running)], event: .group(.collision),
            action: .publish(named("idprov+")), state: probing),
        Transition(
            name: "next name taken as well: the one after", before: [.daemon(.running), .group(.collision)],
            event: .group(.collision), action: .publish(named("idprov++")), state: probing),
        Transition(
            name: "name lost long after: next name", before: established, event: .group(.collision),
            action: .publish(named("idprov+")), state: probing),
        Transition(
            name: "next name established: shown under it", before: [.daemon(.running), .group(.collision)],
            event: .group(.established), action: .nothing, state: .established(name: "idprov+")),
        Transition(
            name: "no next name: say so and try again",
            before: [.described(named("last")), .daemon(.running)], event: .group(.collision), action: .reconnect,
            state: .waiting(reason: "no other name than last is possible")),
        Transition(
            name: "group fails: new client", before: established, event: .group(.failed(reason: "broken")),
            action: .reconnect, state: .waiting(reason: "Avahi withdrew the service: broken")),
        Transition(
            name: "service refused: new client, later", before: [.daemon(.running)],
            event: .refused(reason: "bad name"),
            action: .reconnect, state: .waiting(reason: "Avahi refuses the service: bad name")),
        Transition(
            name: "daemon crashed: new client", before: established, event: .daemon(.failed(reason: "gone")),
            action: .reconnect, state: .waiting(reason: "Avahi was lost: gone")),
        Transition(
            name: "host name collides: withdraw", before: established, event: .daemon(.hostNameCollision),
            action: .withdraw, state: hostName),
        Transition(
            name: "host name settled again: publish again", before: established + [.daemon(.registering)],
            event: .daemon(.running), action: .publish(service), state: probing),
        Transition(
            name: "back after a crash: under the name it had",
            before: [.daemon(.running), .group(.collision), .group(.established), .daemon(.failed(reason: "gone"))],
            event: .daemon(.running), action: .publish(named("idprov+")), state: probing),
        Transition(
            name: "late word about a withdrawn group: ignored", before: established + [.daemon(.registering)],
            event: .group(.established), action: .nothing, state: hostName),
        Transition(
            name: "same description: nothing", before: established, event: .described(service), action: .nothing,
            state: .established(name: "idprov")),
        Transition(
            name: "new port: published at once, under the name it has",
            before: [.daemon(.running), .group(.collision), .group(.established)],
            event: .described(named("idprov", port: 1)), action: .publish(named("idprov+", port: 1)), state: probing),
        Transition(
            name: "new name: published at once", before: established, event: .described(named("gateway")),
            action: .publish(named("gateway")), state: probing),
        Transition(
            name: "new description without daemon: kept for later", before: [.daemon(.absent)],
            event: .described(named("gateway")), action: .nothing,
            state: .waiting(reason: "the Avahi daemon is not running")),
    ]

    @Test(arguments: transitions)
    func event_GivesActionAndState(_ transition: Transition) {
        var machine = Self.machine(after: transition.before)
        #expect(machine.handle(transition.event) == transition.action)
        #expect(machine.state == transition.state)
    }

    @Test func onlyTrouble_IsWorthAWarning() {
        let trouble: [PublicationStateMachine.Event] = [
            .unreachable(reason: "x"), .daemon(.absent), .refused(reason: "x"), .daemon(.failed(reason: "x")),
        ]
        for event in trouble { #expect(Self.machine(after: [event]).isTrouble) }
        for events in [[.daemon(.registering)], [.daemon(.running)], Self.established] {
            #expect(!Self.machine(after: trouble + events).isTrouble)
        }
    }

    @Test func newDescription_IsUsedWhenTheDaemonAppears() {
        var machine = Self.machine(after: [.daemon(.absent), .described(Self.named("gateway"))])
        #expect(machine.handle(.daemon(.running)) == .publish(Self.named("gateway")))
    }
}
