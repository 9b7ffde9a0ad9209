package import Presence
internal import ServiceLifecycle

/// Ends the links before the hub does, in batches, so that a fleet does not come back at one moment
/// (docs/protocols/device-link.md 5).
package struct LinkDrain: Service {
    /// Links that end at once, at least.
    private static let batch = 50
    private static let pause = Duration.milliseconds(200)
    /// Batches at most: the hub ends within seconds.
    private static let batches = 20

    private let presence: Presence

    package init(presence: Presence) {
        self.presence = presence
    }

    package func run() async throws {
        try? await gracefulShutdown()
        let links = presence.all().map(\.link)
        let size = max(Self.batch, (links.count + Self.batches - 1) / Self.batches)
        for start in stride(from: 0, to: links.count, by: size) {
            for link in links[start..<min(start + size, links.count)] { link.close(.restarting) }
            guard start + size < links.count, (try? await Task.sleep(for: Self.pause)) != nil else { continue }
        }
    }
}
