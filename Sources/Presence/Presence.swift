package import Journal
internal import Metrics
internal import Synchronization
package import Wire

/// Which devices hold a link to the hub right now: one link per device and protocol, a new one takes the place of the
/// old one.
///
/// Behind a lock and not an actor, because a device that is shut out must be cut off by the caller that shuts it out,
/// without waiting.
package final class Presence: Sendable {
    /// State of a device's links.
    package struct Standing: Sendable, Equatable {
        /// Whether one is there now.
        package let isConnected: Bool
        /// When that began or ended, Unix seconds.
        package let since: Int64
        /// What they can do together; nothing while none is there.
        package let abilities: LinkAbilities
    }

    /// One link as it stands now.
    package struct Connected: Sendable {
        package let link: any DeviceLink
        /// When it began, Unix seconds.
        package let since: Int64
    }

    private struct Table {
        var links: [DeviceID: [Connected]] = [:]
        /// When each device that was here since the hub started came or went; forgotten with the device's rights.
        var changes: [DeviceID: Int64] = [:]
        /// Links, of all devices.
        var count = 0

        /// Takes out those of a device that fit; the device stays known.
        mutating func remove(_ device: DeviceID, where fits: (Connected) -> Bool) -> [any DeviceLink] {
            guard let found = links[device] else { return [] }
            let removed = found.filter(fits)
            let left = found.filter { !fits($0) }
            links[device] = left.isEmpty ? nil : left
            count -= removed.count
            return removed.map(\.link)
        }
    }

    /// For the audit trail and the clock.
    let journal: Journal
    /// Sessions of operators on these devices.
    package let operators = OperatorSessions()
    /// Who came and went.
    package let history: LinkHistory
    private let table = Mutex(Table())
    private let gauge = Gauge(label: "latchkey_device_links")

    /// No device yet.
    package init(journal: Journal) {
        self.journal = journal
        history = LinkHistory(now: journal.now())
        journal.endings.subscribe(self)
    }

    /// How many devices are there.
    package var count: Int { table.withLock { $0.links.count } }

    /// State of a device's links; `nil` when there was none since the hub started.
    package func standing(_ device: DeviceID) -> Standing? {
        let (links, since) = table.withLock { ($0.links[device] ?? [], $0.changes[device]) }
        guard let since else { return nil }
        // Outside of the lock: a link answers with its own.
        let abilities = links.reduce(into: LinkAbilities()) { $0.formUnion($1.link.abilities) }
        return Standing(isConnected: !links.isEmpty, since: since, abilities: abilities)
    }

    /// Links of a device; none when it is not here.
    package func links(of device: DeviceID) -> [Connected] { table.withLock { $0.links[device] ?? [] } }

    /// All links, in no order.
    package func all() -> [Connected] { table.withLock { $0.links.values.flatMap(\.self) } }

    /// Devices that are here, in the order of their bytes, behind one; empty for the beginning.
    package func devices(after: String, limit: Int) -> [DeviceID] {
        let here = table.withLock { Array($0.links.keys) }
        let behind = here.filter { after.utf8.lexicographicallyPrecedes($0.text.utf8) }
        return Array(behind.sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }.prefix(limit))
    }

    /// The link of a device; of several the one that can do more of what is asked for.
    ///
    /// - Throws: ``LinkError/notConnected``; ``LinkError/unsupported`` when none can do it.
    package func link(_ device: DeviceID, for abilities: LinkAbilities = []) throws(LinkError) -> any DeviceLink {
        let links = links(of: device)
        guard let last = links.last else { throw .notConnected }
        guard !abilities.isEmpty else { return last.link }
        guard let able = links.last(where: { $0.link.abilities.isSuperset(of: abilities) }) else { throw .unsupported }
        return able.link
    }

    /// Cuts a device off whose rights have ended.
    package func close(_ device: DeviceID) {
        let links = table.withLock { table in
            table.changes[device] = nil
            return table.remove(device) { _ in true }
        }
        tell(links, .forbidden)
    }

    /// Ends a device's links; it may come back at once.
    ///
    /// - Throws: ``LinkError/notConnected``.
    package func disconnect(_ device: DeviceID) throws(LinkError) {
        let links = table.withLock { table in
            table.changes[device] = journal.now()
            return table.remove(device) { _ in true }
        }
        guard !links.isEmpty else { throw .notConnected }
        tell(links, .disconnected)
    }

    /// Ends the links that were opened with a credential.
    package func close(credential: String) {
        let links = table.withLock { table in
            table.links.filter { $0.value.contains { $0.link.credential == credential } }.keys.flatMap { device in
                table.remove(device) { $0.link.credential == credential }
            }
        }
        tell(links, .forbidden)
    }

    /// Keeps a link in the table while `body` serves its connection.
    ///
    /// - Parameter isAllowed: asked once more when the device is in the table: one that was shut out after its
    ///   credentials were checked would not have been found there.
    package func serve(
        _ link: any DeviceLink, isAllowed: @escaping @Sendable () async -> Bool, _ body: () async throws -> Void
    ) async throws {
        let previous = table.withLock { table in
            let since = journal.now()
            table.changes[link.device] = since
            let previous = table.remove(link.device) { $0.link.name == link.name }
            table.links[link.device, default: []].append(Connected(link: link, since: since))
            table.count += 1
            return previous
        }
        history.note(.connected, link, at: journal.now())
        tell(previous, .replaced)
        defer { forget(link) }
        // Beside the connection: who is shut out meanwhile is told why by it.
        async let judged: Void = judge(link, isAllowed)
        try await body()
        await judged
    }

    private func judge(_ link: any DeviceLink, _ isAllowed: @Sendable () async -> Bool) async {
        // Meanwhile another link of the device may have taken its place.
        if await !isAllowed() { refuse(link) }
    }

    /// Ends a link whose right is gone; nothing is known of the device then, unless by another link.
    private func refuse(_ link: any DeviceLink) {
        table.withLock { table in
            guard !table.remove(link.device, where: { $0.link === link }).isEmpty else { return }
            if table.links[link.device] == nil { table.changes[link.device] = nil }
        }
        tell([link], .forbidden)
    }

    private func forget(_ link: any DeviceLink) {
        table.withLock { table in
            guard !table.remove(link.device, where: { $0.link === link }).isEmpty else { return }
            table.changes[link.device] = journal.now()
        }
        history.note(.disconnected, link, at: journal.now())
        gauge.record(table.withLock(\.count))
    }

    private func tell(_ links: [any DeviceLink], _ reason: LinkClosing) {
        gauge.record(table.withLock(\.count))
        for link in links { link.close(reason) }
    }
}

extension Presence: EndingSubscriber {
    package func hear(_ ending: Ending) {
        switch ending {
        case .device(let device), .deviceLink(let device): close(device)
        case .userToken(let id): operators.end(token: id)
        case .user(let id): operators.end(user: id)
        case .time(let now): operators.endExpired(at: now)
        case .linkKey(let key): close(credential: key)
        // Certificates of devices and administrators end with their connections.
        case .certificates, .tunnelToken: break
        // Asks the store, which nobody waits for here: see ``OperatorSessions/endForbidden()``.
        case .clockSetBack: break
        }
    }
}
