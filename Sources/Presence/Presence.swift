package import Journal
internal import Metrics
internal import Synchronization
package import Wire

/// Which devices hold a link to the hub right now, whatever protocol it speaks: one link per device, a new one takes
/// the place of the old one.
///
/// Behind a lock and not an actor, because a device that is shut out must be cut off by the caller that shuts it out,
/// without waiting.
package final class Presence: Sendable {
    /// State of a device's link.
    package struct Standing: Sendable, Equatable {
        /// Whether it is there now.
        package let isConnected: Bool
        /// When that began or ended, Unix seconds.
        package let since: Int64
        /// What it can do; nothing while it is not there.
        package let abilities: LinkAbilities
    }

    private struct Table {
        var links: [DeviceID: any DeviceLink] = [:]
        /// When each device that was here since the hub started came or went; forgotten with the device's rights.
        var changes: [DeviceID: Int64] = [:]
    }

    /// For the audit trail and the clock.
    let journal: Journal
    /// Sessions of operators on these devices.
    package let operators = OperatorSessions()
    private let table = Mutex(Table())
    private let gauge = Gauge(label: "latchkey_device_links")

    /// No device yet.
    package init(journal: Journal) {
        self.journal = journal
        journal.endings.subscribe(self)
    }

    /// How many devices are there.
    package var count: Int { table.withLock { $0.links.count } }

    /// State of a device's link; `nil` when there was none since the hub started.
    package func standing(_ device: DeviceID) -> Standing? {
        table.withLock { table in
            guard let since = table.changes[device] else { return nil }
            let link = table.links[device]
            return Standing(isConnected: link != nil, since: since, abilities: link?.abilities ?? [])
        }
    }

    /// The link of a device.
    ///
    /// - Throws: ``LinkError/notConnected``.
    package func link(_ device: DeviceID) throws(LinkError) -> any DeviceLink {
        guard let link = table.withLock({ $0.links[device] }) else { throw .notConnected }
        return link
    }

    /// Cuts a device off whose rights have ended.
    package func close(_ device: DeviceID) {
        let link = table.withLock { table in
            table.changes[device] = nil
            return table.links.removeValue(forKey: device)
        }
        gauge.record(count)
        link?.close(.forbidden)
    }

    /// Keeps a link in the table while `body` serves its connection.
    ///
    /// - Parameter isAllowed: asked once more when the device is in the table: one that was shut out after its
    ///   credentials were checked would not have been found there.
    package func serve(
        _ link: any DeviceLink, isAllowed: @escaping @Sendable () async -> Bool, _ body: () async throws -> Void
    ) async throws {
        let previous = table.withLock { table in
            table.changes[link.device] = journal.now()
            return table.links.updateValue(link, forKey: link.device)
        }
        gauge.record(count)
        previous?.close(.replaced)
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
            guard table.links[link.device] === link else { return }
            table.links[link.device] = nil
            table.changes[link.device] = nil
        }
        gauge.record(count)
        link.close(.forbidden)
    }

    private func forget(_ link: any DeviceLink) {
        table.withLock { table in
            guard table.links[link.device] === link else { return }
            table.links[link.device] = nil
            table.changes[link.device] = journal.now()
        }
        gauge.record(count)
    }
}

extension Presence: EndingSubscriber {
    package func hear(_ ending: Ending) {
        switch ending {
        case .device(let device), .deviceLink(let device): close(device)
        case .userToken(let id): operators.end(token: id)
        case .user(let id): operators.end(user: id)
        case .time(let now): operators.endExpired(at: now)
        // Certificates of devices and administrators end with their connections.
        case .certificates, .tunnelToken: break
        // Asks the store, which nobody waits for here: see ``OperatorSessions/endForbidden()``.
        case .clockSetBack: break
        }
    }
}
