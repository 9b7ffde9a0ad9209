/// The life of one publication. Pure: an event goes in, the thing to do comes out.
///
/// Avahi's own rules (docs/protocols/avahi-lab.md, "Publishing interfaces"): publish only while the daemon runs,
/// withdraw while it registers its host name, take the next name on a collision, make a new client after every failure.
struct PublicationStateMachine {
    enum Event: Equatable {
        /// No client could be made: no bus, or it refused us.
        case unreachable(reason: String)
        /// The client knows something new about the daemon.
        case daemon(DaemonState)
        /// Avahi tells about the group that carries our service.
        case group(GroupState)
        /// Avahi did not take the service at all.
        case refused(reason: String)
        /// The owner wishes something else to be announced.
        case described(ServiceDescription)
    }

    enum Action: Equatable {
        case nothing
        /// Announce this, instead of anything announced before.
        case publish(ServiceDescription)
        /// Withdraw what was announced; the client stays.
        case withdraw
        /// Give up this client and make a new one.
        case reconnect
    }

    /// What the owner wants announced.
    private(set) var wished: ServiceDescription
    /// What the network sees.
    private(set) var state = PublicationState.waiting(reason: "not started")
    /// Whether `state` is worth a warning: not the second of probing that every publication begins with.
    private(set) var isTrouble = false
    /// The name in use: kept over a crash of the daemon, so that coming back costs one probing and not two.
    private var name: String
    private var daemonRuns = false
    private let nextName: (String) -> String?

    /// - Parameter nextName: the name to try after a taken one, nil when there is none.
    init(_ service: ServiceDescription, nextName: @escaping (String) -> String?) {
        wished = service
        name = service.name
        self.nextName = nextName
    }

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .unreachable(let reason):
            return fail("Avahi is not reachable: \(reason)")
        case .refused(let reason):
            return fail("Avahi refuses the service: \(reason)")
        case .daemon(let daemon):
            return handle(daemon)
        case .group(let group):
            return handle(group)
        case .described(let service):
            guard service != wished else { return .nothing }
            if service.name != wished.name { name = service.name }
            wished = service
            return daemonRuns ? publish() : .nothing
        }
    }

    private mutating func handle(_ daemon: DaemonState) -> Action {
        daemonRuns = daemon == .running
        switch daemon {
        case .running:
            return publish()
        case .absent:
            show(.waiting(reason: "the Avahi daemon is not running"), isTrouble: true)
            return .nothing
        case .registering, .hostNameCollision:
            show(.waiting(reason: "Avahi registers the name of the host"))
            return .withdraw
        case .failed(let reason):
            return fail("Avahi was lost: \(reason)")
        }
    }

    private mutating func handle(_ group: GroupState) -> Action {
        // A late word about a group that was withdrawn meanwhile.
        guard daemonRuns else { return .nothing }
        switch group {
        case .pending:
            return .nothing
        case .established:
            show(.established(name: name))
            return .nothing
        case .collision:
            guard let next = nextName(name) else { return fail("no other name than \(name) is possible") }
            name = next
            return publish()
        case .failed(let reason):
            return fail("Avahi withdrew the service: \(reason)")
        }
    }

    private mutating func publish() -> Action {
        show(.waiting(reason: "Avahi asks the network whether the name is free"))
        var service = wished
        service.name = name
        return .publish(service)
    }

    private mutating func fail(_ reason: String) -> Action {
        daemonRuns = false
        show(.waiting(reason: reason), isTrouble: true)
        return .reconnect
    }

    private mutating func show(_ state: PublicationState, isTrouble: Bool = false) {
        self.state = state
        self.isTrouble = isTrouble
    }
}
