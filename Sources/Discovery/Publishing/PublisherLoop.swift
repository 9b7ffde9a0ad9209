/// Turns Avahi's poll for one publisher on a thread of its own, and does what the state machine says.
struct PublisherLoop {
    let publisher: ServicePublisher
    let control: LoopControl

    /// At most one attempt per second, but the first after a failure at once when the last one is longer ago.
    func run() {
        let clock = ContinuousClock()
        var machine = PublicationStateMachine(publisher.wished, nextName: AvahiConnection.nextName)
        while !control.isStopped {
            let next = clock.now + .seconds(1)
            publish(with: &machine)
            while !control.isStopped, clock.now < next {
                control.wait(atMost: next - clock.now)
            }
        }
    }

    /// The life of one connection: until it fails or the owner has enough.
    private func publish(with machine: inout PublicationStateMachine) {
        do throws(DiscoveryError) {
            var connection = try AvahiConnection(control: control)
            repeat {
                guard serve(&connection, &machine) else { return }
            } while connection.turn() && !control.isStopped
            guard !control.isStopped else { return }
            _ = machine.handle(.daemon(.failed(reason: "the connection ended")))
        } catch {
            _ = machine.handle(.unreachable(reason: error.reason))
        }
        publisher.show(machine.state, isTrouble: machine.isTrouble)
    }

    /// Hands all news to the machine.
    /// - Returns: false when the connection is of no more use.
    private func serve(_ connection: inout AvahiConnection, _ machine: inout PublicationStateMachine) -> Bool {
        guard perform(machine.handle(.described(publisher.wished)), &connection, &machine) else { return false }
        while let event = connection.inbox.next() {
            switch event {
            case .daemon(let state):
                guard perform(machine.handle(.daemon(state)), &connection, &machine) else { return false }
            case .group(let state):
                guard perform(machine.handle(.group(state)), &connection, &machine) else { return false }
            case .appeared, .disappeared, .resolved, .browserFailed:
                break
            }
        }
        return true
    }

    private func perform(
        _ action: PublicationStateMachine.Action, _ connection: inout AvahiConnection,
        _ machine: inout PublicationStateMachine
    ) -> Bool {
        publisher.show(machine.state, isTrouble: machine.isTrouble)
        switch action {
        case .nothing:
            return true
        case .withdraw:
            connection.withdraw()
            return true
        case .reconnect:
            return false
        case .publish(let service):
            switch connection.publish(service) {
            case .accepted:
                return true
            case .nameTaken:
                return perform(machine.handle(.group(.collision)), &connection, &machine)
            case .refused(let reason):
                return perform(machine.handle(.refused(reason: reason)), &connection, &machine)
            }
        }
    }
}
