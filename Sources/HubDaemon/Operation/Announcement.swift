internal import Discovery
internal import HubHTTP
internal import Logging
internal import Metrics
internal import ServiceLifecycle
internal import Synchronization
internal import Wire

/// Announces the hub by DNS-SD once it is ready. Without Avahi the hub runs on: a warning, a metric, and another try.
final class Announcement: Service {
    private let name: String
    private let readiness: Readiness
    private let logger: Logger
    private let publisher = Mutex<ServicePublisher?>(nil)

    init(name: String, readiness: Readiness, logger: Logger) {
        self.name = name
        self.readiness = readiness
        self.logger = logger
    }

    /// What the network sees: the published name, or why there is none.
    var state: PublicationState {
        publisher.withLock { $0?.state } ?? .waiting(reason: "not started")
    }

    func run() async throws {
        guard case .tcp(_, let port) = await readiness.wait()["https"], let port = UInt16(exactly: port),
            readiness.isReady
        else { return }
        let logger = logger
        let published = Gauge(label: "latchkey_discovery_published")
        published.record(0)
        let service = ServiceDescription(
            name: name, type: IDProv.serviceType, port: port, txt: TXTRecord.strings(path: IDProv.directoryPath))
        let publisher = ServicePublisher(service) { message, metadata in
            let isPublished = metadata["service.name"] != nil
            published.record(isPublished ? 1 : 0)
            logger.log(
                level: isPublished ? .notice : .warning, "\(message)", metadata: metadata.mapValues { "\($0)" })
        }
        self.publisher.withLock { $0 = publisher }
        // The publisher ends by cancellation only, which is how a shutdown ends it.
        try? await cancelWhenGracefulShutdown { try await publisher.run() }
    }
}

extension PublicationState {
    /// The name on the network, `nil` when there is none.
    var publishedName: String? {
        if case .established(let name) = self { name } else { nil }
    }

    /// Why there is none.
    var problem: String? {
        if case .waiting(let reason) = self { reason } else { nil }
    }
}
