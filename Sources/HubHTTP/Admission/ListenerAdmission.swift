internal import Metrics
package import NIOCore
internal import Synchronization

/// Who may open a connection to a listener, or to several that share their places: decided when it is accepted, before
/// anything is set up for it.
///
/// ```
/// ServerBootstrap(group: group).serverChannelInitializer { server in
///     server.eventLoop.makeCompletedFuture { try admission.guardAccepts(of: server) }
/// }
/// ```
package final class ListenerAdmission: Sendable {
    private struct Place {
        let channel: any Channel
        let address: SourceAddress?
    }

    private struct State {
        var table: AdmissionTable
        var places: [UInt64: Place] = [:]
        var lastNumber: UInt64 = 0

        mutating func enter(_ channel: any Channel, _ address: SourceAddress?) -> Entrance {
            if let refusal = table.enter(address) { return .refused(refusal) }
            lastNumber += 1
            places[lastNumber] = Place(channel: channel, address: address)
            return .taken(number: lastNumber, isUnknown: address.map { table.isUnknown($0) } ?? false)
        }
    }

    private enum Entrance {
        case taken(number: UInt64, isUnknown: Bool)
        case refused(AdmissionTable.Refusal)
    }

    private let name: String
    private let state: Mutex<State>
    private let budget: FileBudget?
    private let purpose: FileBudget.Purpose
    private let watch: NetworkWatch?
    private let refusals: ConnectionRefusals
    private let counters: [AdmissionTable.Refusal: Counter]

    /// - Parameters:
    ///   - name: of the listener, for metrics and log.
    ///   - budget: open files shared with other listeners; `nil` for no bound but that of `limits`.
    ///   - watch: knows the networks; `nil`: every address is just that.
    package init(
        _ name: String, limits: AdmissionLimits, budget: FileBudget? = nil, purpose: FileBudget.Purpose = .https,
        watch: NetworkWatch? = nil, refusals: ConnectionRefusals = ConnectionRefusals()
    ) {
        self.name = name
        var limits = limits
        if let budget { limits.places = min(limits.places, budget.most(for: purpose)) }
        state = Mutex(State(table: AdmissionTable(limits)))
        self.budget = budget
        self.purpose = purpose
        self.watch = watch
        self.refusals = refusals
        counters = Dictionary(
            uniqueKeysWithValues: AdmissionTable.Refusal.allCases.map { ($0, refusals.counter(name, $0)) })
        watch?.add(self)
    }

    /// How many connections are there.
    package var count: Int { state.withLock { $0.table.total } }

    /// Makes a server channel ask here for each connection, and wait for a while when there are no open files. Runs on
    /// the channel's event loop.
    package func guardAccepts(of server: any Channel) throws {
        try server.pipeline.syncOperations.addHandler(AdmissionHandler(self, failures: refusals.failures(name)))
    }

    /// Takes a place for an accepted connection, given back when it closes; `false`: it must be closed.
    func admit(_ channel: any Channel) -> Bool {
        let address = SourceAddress(channel.remoteAddress)
        if let budget, !budget.take(purpose) { return refuse(.full, address) }
        switch state.withLock({ $0.enter(channel, address) }) {
        case .refused(let refusal):
            budget?.giveBack(purpose)
            return refuse(refusal, address)
        case .taken(let number, let isUnknown):
            channel.closeFuture.whenComplete { [self] _ in
                release(number)
                budget?.giveBack(purpose)
            }
            if isUnknown { watch?.request() }
            return true
        }
    }

    private func refuse(_ refusal: AdmissionTable.Refusal, _ address: SourceAddress?) -> Bool {
        counters[refusal]?.increment()
        refusals.add(name, refusal, address)
        return false
    }

    private func release(_ number: UInt64) {
        state.withLock { state in
            guard let place = state.places.removeValue(forKey: number) else { return }
            state.table.leave(place.address)
        }
    }

    /// More is known of the networks: of a source that turns out to have too many connections, the newest are closed.
    func update(_ view: NetworkView) {
        let closing = state.withLock { state in
            state.table.update(view)
            return Self.takeSurplus(from: &state)
        }
        for place in closing {
            _ = refuse(.address, place.address)
            place.channel.close(promise: nil)
        }
    }

    private static func takeSurplus(from state: inout State) -> [Place] {
        var surplus = state.table.surplus
        guard !surplus.isEmpty else { return [] }
        var closing: [Place] = []
        for (number, place) in state.places.sorted(by: { $0.key > $1.key }) {
            guard let address = place.address, let source = state.table.source(ofPresent: address),
                let left = surplus[source]
            else { continue }
            surplus[source] = left > 1 ? left - 1 : nil
            state.places[number] = nil
            state.table.leave(address)
            closing.append(place)
        }
        return closing
    }
}
