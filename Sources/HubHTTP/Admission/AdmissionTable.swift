/// Counts the connections of a listener by where they come from, and says who may have one more. Pure.
///
/// A source is:
/// - in a trusted network, or a Unix socket: nobody, only the places in all count;
/// - this machine: the address, with a bound of its own;
/// - a neighbour (in an on-link prefix or fe80::/10): its link-layer address where the neighbour table has it, so that
///   a machine with a
///   thousand addresses is one; else the address;
/// - somebody behind a router: the /64, which is what a site gives a single machine; with IPv4 the address.
///
/// One prefix (/64, for IPv4 /24) never has more than half of the places, trusted networks and this machine excepted.
package struct AdmissionTable: Sendable {
    /// Why there is no place.
    package enum Refusal: String, Sendable, CaseIterable {
        /// All places are taken.
        case full
        /// The source has as many as it may.
        case address
        /// The prefix has half of all.
        case prefix
    }

    /// Who connections are counted for.
    enum Source: Hashable, Sendable {
        case local(SourceAddress)
        case address(SourceAddress)
        case link(LinkAddress)
        case network(SourceAddress)
    }

    private struct Entry {
        var count = 0
        var source: Source?
        var prefix: SourceAddress?
    }

    private let limits: AdmissionLimits
    private var view: NetworkView
    private var entries: [SourceAddress: Entry] = [:]
    private var bySource: [Source: Int] = [:]
    private var byPrefix: [SourceAddress: Int] = [:]
    /// Connections that are there.
    package private(set) var total = 0

    package init(_ limits: AdmissionLimits, view: NetworkView = NetworkView()) {
        self.limits = limits
        self.view = view
    }

    // MARK: - Coming and going

    /// Takes a place; answers why there is none, `nil` when it is taken.
    ///
    /// - Parameter address: `nil` for a Unix socket.
    package mutating func enter(_ address: SourceAddress?) -> Refusal? {
        guard total < limits.places else { return .full }
        if let address {
            var entry = entries[address] ?? entry(for: address)
            if let source = entry.source, let most = bound(of: source), bySource[source, default: 0] >= most {
                return .address
            }
            if let prefix = entry.prefix, byPrefix[prefix, default: 0] >= limits.perPrefix { return .prefix }
            entry.count += 1
            entries[address] = entry
            if let source = entry.source { bySource[source, default: 0] += 1 }
            if let prefix = entry.prefix { byPrefix[prefix, default: 0] += 1 }
        }
        total += 1
        return nil
    }

    /// Gives a place back that ``enter(_:)`` gave.
    package mutating func leave(_ address: SourceAddress?) {
        guard total > 0 else { return }
        guard let address else { return total -= 1 }
        guard var entry = entries[address] else { return }
        total -= 1
        entry.count -= 1
        entries[address] = entry.count > 0 ? entry : nil
        if let source = entry.source { Self.take(1, from: source, in: &bySource) }
        if let prefix = entry.prefix { Self.take(1, from: prefix, in: &byPrefix) }
    }

    // MARK: - Knowing more

    /// Whether a look at the networks could tell more of this source.
    package func isUnknown(_ address: SourceAddress) -> Bool {
        switch entries[address]?.source ?? source(of: address) {
        case .address, .network: true
        case .local, .link, nil: false
        }
    }

    /// Takes over what is known of the networks now, and counts who is there anew.
    package mutating func update(_ view: NetworkView) {
        self.view = view
        for (address, entry) in entries {
            let next = source(of: address)
            guard next != entry.source, !isForgotten(entry.source, next) else { continue }
            if let source = entry.source { Self.take(entry.count, from: source, in: &bySource) }
            if let next { bySource[next, default: 0] += entry.count }
            entries[address]?.source = next
            let prefix = prefix(of: address, next)
            guard prefix != entry.prefix else { continue }
            if let prefix = entry.prefix { Self.take(entry.count, from: prefix, in: &byPrefix) }
            if let prefix { byPrefix[prefix, default: 0] += entry.count }
            entries[address]?.prefix = prefix
        }
    }

    /// The kernel forgets neighbours; whose connections are still there stay one machine's.
    private func isForgotten(_ known: Source?, _ next: Source?) -> Bool {
        if case .link = known, case .address = next { true } else { false }
    }

    /// By how many connections sources are beyond their bound, as they can be once more is known of them.
    var surplus: [Source: Int] {
        var surplus: [Source: Int] = [:]
        for (source, count) in bySource {
            if let most = bound(of: source), count > most { surplus[source] = count - most }
        }
        return surplus
    }

    /// Who the connections of an address are counted for; `nil` for nobody.
    func source(ofPresent address: SourceAddress) -> Source? { entries[address]?.source }

    /// Connections of the same source as this address.
    package func count(sharedWith address: SourceAddress) -> Int {
        (entries[address]?.source ?? source(of: address)).map { bySource[$0, default: 0] } ?? 0
    }

    // MARK: - Who is who

    private func entry(for address: SourceAddress) -> Entry {
        let source = source(of: address)
        return Entry(source: source, prefix: prefix(of: address, source))
    }

    private func source(of address: SourceAddress) -> Source? {
        if limits.sources.trustedNetworks.contains(where: { $0.contains(address) }) { return nil }
        if address.isLoopback || view.own.contains(address) { return .local(address) }
        if let link = view.links[address] { return .link(link) }
        return address.isIPv4 || view.isOnLink(address) ? .address(address) : .network(address.network)
    }

    private func prefix(of address: SourceAddress, _ source: Source?) -> SourceAddress? {
        switch source {
        case .local, nil: nil
        case .address, .link, .network: address.network
        }
    }

    private func bound(of source: Source) -> Int? {
        let most = if case .local = source { limits.sources.perAddressLoopback } else { limits.sources.perAddress }
        return most > 0 ? most : nil
    }

    private static func take<Key>(_ number: Int, from key: Key, in counts: inout [Key: Int]) {
        guard let count = counts[key] else { return }
        counts[key] = count > number ? count - number : nil
    }
}
