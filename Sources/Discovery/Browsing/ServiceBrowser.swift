internal import Synchronization

/// Finds services of one type on the local network.
///
/// ```
/// let hubs = try await ServiceBrowser(type: "_idprov._tcp").first(within: .seconds(3))
/// ```
package struct ServiceBrowser: Sendable {
    /// What happens on the network.
    package enum Event: Sendable, Equatable {
        /// A service is there, or something about it changed: it replaces what was said before about the same name,
        /// host and port.
        case found(DiscoveredService)
        /// No service of this name is left.
        case gone(String)
    }

    private let type: String

    /// - Parameter type: service type, such as `_idprov._tcp`.
    package init(type: String) {
        self.type = type
    }

    /// What comes and goes, until the reader ends. Survives the absence of Avahi; what was known before a crash is
    /// gone, and found again after it.
    ///
    /// At most 1024 unread events are kept, later ones are dropped (`bufferingOldest(1024)`): nobody on the network can
    /// fill our memory.
    ///
    /// Ends with ``DiscoveryError``: `refused` for a type that Avahi can't browse, `system` without a thread.
    package func events() -> AsyncThrowingStream<Event, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingOldest(1024)) { continuation in
            do {
                let control = try start { update in
                    guard case .event(let event) = update else { return }
                    continuation.yield(event)
                }
                continuation.onTermination = { _ in control.stop() }
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }

    /// The services that are there now, as soon as one usable was found and the others had a moment to answer as well.
    ///
    /// - Parameters:
    ///   - limit: the longest time to wait for the first one.
    ///   - settle: what the others get after the first; a kept record is resolved within 50 ms
    ///     (docs/protocols/avahi-lab.md).
    ///   - isUsable: which services count.
    /// - Returns: the usable ones in the order they were found; empty when there was none in time.
    /// - Throws: ``DiscoveryError``: `unavailable` when Avahi could not be asked at all within the limit, `refused`,
    ///   `system`; `CancellationError`.
    package func first(
        within limit: Duration, settle: Duration = .milliseconds(100),
        where isUsable: @escaping @Sendable (DiscoveredService) -> Bool = { _ in true }
    ) async throws -> [DiscoveredService] {
        let sightings = Sightings(isUsable)
        let control = try start { sightings.take($0) }
        defer { control.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Task.sleep(for: limit) }
            group.addTask {
                for await _ in sightings.firstFound {}
                try await Task.sleep(for: settle)
            }
            try await group.next()
            group.cancelAll()
        }
        return try sightings.result()
    }

    private func start(_ tell: @escaping @Sendable (BrowserLoop.Update) -> Void) throws(DiscoveryError) -> LoopControl {
        guard AvahiConnection.isValidType(type) else { throw .refused(reason: "\(type) is not a service type") }
        let control = try LoopControl()
        let loop = BrowserLoop(type: type, control: control, tell: tell)
        try AvahiThread.start { loop.run() }
        return control
    }
}

/// What one call of `first` has seen so far. At most 64 services are kept.
final class Sightings: Sendable {
    private struct Seen {
        var services: [DiscoveredService] = []
        var hasLooked = false
        var reason = "no answer in time"
    }

    /// Ends when the first usable service was found.
    let firstFound: AsyncStream<Never>
    private let found: AsyncStream<Never>.Continuation
    private let isUsable: @Sendable (DiscoveredService) -> Bool
    private let seen = Mutex(Seen())

    init(_ isUsable: @escaping @Sendable (DiscoveredService) -> Bool) {
        self.isUsable = isUsable
        (firstFound, found) = AsyncStream.makeStream(of: Never.self)
    }

    func take(_ update: BrowserLoop.Update) {
        switch update {
        case .looking: seen.withLock { $0.hasLooked = true }
        case .waiting(let reason): seen.withLock { $0.reason = reason }
        case .event(.gone(let name)): seen.withLock { $0.services.removeAll { $0.name == name } }
        case .event(.found(let service)): take(service)
        }
    }

    private func take(_ service: DiscoveredService) {
        let usable = isUsable(service)
        seen.withLock { seen in
            let known = seen.services.firstIndex {
                $0.name == service.name && $0.hostName == service.hostName && $0.port == service.port
            }
            switch (known, usable) {
            case (let index?, true): seen.services[index] = service
            case (let index?, false): seen.services.remove(at: index)
            case (nil, true) where seen.services.count < 64: seen.services.append(service)
            case (nil, _): break
            }
        }
        if usable { found.finish() }
    }

    func result() throws(DiscoveryError) -> [DiscoveredService] {
        let seen = seen.withLock { $0 }
        guard seen.hasLooked else { throw .unavailable(reason: seen.reason) }
        return seen.services
    }
}
