/// What the daemon behind a client is doing.
enum DaemonState: Equatable, Sendable {
    /// The bus is there, the daemon is not (yet).
    case absent
    /// The daemon probes its host name; nothing can be published now.
    case registering
    case running
    /// Another host has the daemon's host name; the daemon chooses the next by itself.
    case hostNameCollision
    /// The client is of no more use: daemon or bus went away.
    case failed(reason: String)
}

/// What became of a published group.
enum GroupState: Equatable, Sendable {
    case pending
    case established
    case collision
    case failed(reason: String)
}

/// A service instance as one interface and one protocol (IPv4 or IPv6 as transport) showed it.
struct ServiceInstance: Hashable, Sendable {
    var name: String
    var domain: String
    var interface: Int32
    var transport: Int32
}

/// What one resolver found out about an instance.
struct ResolvedInstance: Equatable, Sendable {
    var instance: ServiceInstance
    var hostName: String
    var port: UInt16
    var address: ResolvedAddress
    var txt: [String]
}

/// Everything Avahi can tell us, as values: nothing in here points into its memory.
enum AvahiEvent: Equatable, Sendable {
    case daemon(DaemonState)
    case group(GroupState)
    case appeared(ServiceInstance)
    case disappeared(ServiceInstance)
    case resolved(ResolvedInstance)
    case browserFailed(reason: String)
}

/// Where the C callbacks leave their events, for the thread that runs the poll to read after each turn.
///
/// Not Sendable on purpose: callbacks come on the thread that turns the poll, and the same thread reads. The length is
/// limited because anybody on the network can announce services; what comes too much is dropped, oldest kept.
final class AvahiInbox {
    static let limit = 4096
    private var events: [AvahiEvent] = []
    private var read = 0

    func append(_ event: AvahiEvent) {
        switch event {
        case .appeared, .resolved:
            guard events.count < Self.limit else { return }
        case .daemon, .group, .disappeared, .browserFailed:
            break
        }
        events.append(event)
    }

    func next() -> AvahiEvent? {
        guard read < events.count else {
            events.removeAll(keepingCapacity: events.capacity <= 64)
            read = 0
            return nil
        }
        defer { read += 1 }
        return events[read]
    }

    /// Forgets what was said about a group that is no more.
    func dropGroupEvents() {
        events.removeSubrange(..<read)
        read = 0
        events.removeAll {
            guard case .group = $0 else { return false }
            return true
        }
    }
}
