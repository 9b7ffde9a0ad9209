/// Turns Avahi's poll for one browser on a thread of its own.
struct BrowserLoop {
    /// What a reader of the loop learns.
    enum Update: Equatable, Sendable {
        case event(ServiceBrowser.Event)
        /// There is a daemon, and it is looking.
        case looking
        /// There is none at present, and why.
        case waiting(reason: String)
    }

    /// Instances resolved at the same time, each on one interface and transport: a LAN full of invented services costs
    /// no more than this.
    static let instanceLimit = 128

    let type: String
    let control: LoopControl
    let tell: @Sendable (Update) -> Void

    /// At most one attempt per second, but the first after a failure at once when the last one is longer ago.
    func run() {
        let clock = ContinuousClock()
        while !control.isStopped {
            let next = clock.now + .seconds(1)
            browse()
            while !control.isStopped, clock.now < next {
                control.wait(atMost: next - clock.now)
            }
        }
    }

    /// The life of one connection: until it fails or the owner has enough.
    private func browse() {
        var table = ServiceTable(type: type)
        do throws(DiscoveryError) {
            var connection = try AvahiConnection(control: control)
            repeat {
                try serve(&connection, &table)
            } while connection.turn() && !control.isStopped
        } catch {
            tell(.waiting(reason: error.reason))
        }
        table.clear().forEach { tell(.event($0)) }
    }

    private func serve(_ connection: inout AvahiConnection, _ table: inout ServiceTable) throws(DiscoveryError) {
        while let event = connection.inbox.next() {
            switch event {
            case .daemon(let state):
                try look(state, &connection)
            case .appeared(let instance):
                guard connection.resolvers.count < Self.instanceLimit else { break }
                connection.resolve(instance, type: type)
            case .disappeared(let instance):
                connection.forget(instance)
                table.disappeared(instance).forEach { tell(.event($0)) }
            case .resolved(let answer):
                guard connection.resolvers[answer.instance] != nil else { break }
                table.resolved(answer).forEach { tell(.event($0)) }
            case .browserFailed(let reason):
                throw .unavailable(reason: reason)
            case .group:
                break
            }
        }
    }

    /// Looking needs a daemon, but unlike publishing not one that has finished with its host name.
    private func look(_ state: DaemonState, _ connection: inout AvahiConnection) throws(DiscoveryError) {
        switch state {
        case .running, .registering, .hostNameCollision:
            guard !connection.isBrowsing else { return }
            if let reason = connection.browse(type) { throw .unavailable(reason: reason) }
            tell(.looking)
        case .absent:
            tell(.waiting(reason: "the Avahi daemon is not running"))
        case .failed(let reason):
            throw .unavailable(reason: reason)
        }
    }
}
