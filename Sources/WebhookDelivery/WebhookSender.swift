package import Journal
internal import PKI
internal import HubRuntime
internal import Synchronization
package import Transport
internal import Wire

/// Why a receiver did not take a message: one line for the operator, with nothing the receiver wrote.
package struct WebhookFailure: Error, Equatable {
    package let reason: String
}

/// Calls receivers: one request, ten seconds, nothing followed, nothing kept of the answer but its status.
package struct WebhookSender: Sendable {
    private let now: @Sendable () -> Int64
    private let timeout: Duration

    /// - Parameters:
    ///   - now: present time, Unix seconds.
    ///   - timeout: for one try, connection included.
    package init(now: @escaping @Sendable () -> Int64, timeout: Duration = .seconds(10)) {
        self.now = now
        self.timeout = timeout
    }

    /// A name that is being looked up can't be called off, and the hub must end within 8 seconds of being told so. Long
    /// enough for the system to ask its second name server, which it does after five.
    private static let connectLimit: Duration = .seconds(6)
    /// More of an answer is not read.
    private static let answerBytes = 4096

    /// Sends a message once.
    ///
    /// - Parameter kept: a connection to this receiver that may still be good.
    /// - Returns: the connection, for the next message.
    /// - Throws: ``WebhookFailure``; `CancellationError`.
    package func send(_ delivery: WebhookDelivery, over kept: HTTPConnection? = nil) async throws -> HTTPConnection {
        try await withThrowingTaskGroup(of: HTTPConnection?.self) { group in
            group.addTask { try await attempt(delivery, over: kept) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            if let connection = try await group.next() ?? nil { return connection }
            group.cancelAll()
            // One that answered in time and only never ends its answer has taken the message.
            if let late = try? await group.next(), let connection = late { return connection }
            throw WebhookFailure(reason: "no answer within \(timeout.components.seconds) s")
        }
    }

    private func attempt(_ delivery: WebhookDelivery, over kept: HTTPConnection?) async throws -> HTTPConnection {
        do {
            if let kept, kept.isOpen {
                do {
                    return try await exchange(delivery, over: kept)
                } catch TransportError.closed {
                    // A receiver may close a kept connection at any time; that says nothing about it.
                    try Task.checkCancellation()
                }
            }
            return try await exchange(delivery, over: try await connect(delivery.webhook))
        } catch let error as TransportError {
            try Task.checkCancellation()
            throw WebhookFailure(reason: "\(error)")
        } catch let error as JournalError {
            throw WebhookFailure(reason: error.message)
        }
    }

    private func connect(_ webhook: Webhook) async throws -> HTTPConnection {
        let target = try WebhookTarget(webhook.url, allowsHTTP: webhook.allowsHTTP)
        let location = target.location
        let limits = TransportLimits(
            connect: min(timeout, Self.connectLimit), exchange: timeout, idle: timeout, responseBody: Self.answerBytes)
        guard target.isSecure else {
            let connection = try await HTTPConnection.connect(
                .plain(host: location.host, port: location.port), tls: nil, limits: limits)
            // What a name leads to is known only now.
            guard let address = connection.remoteAddress, NetworkAddress.isPrivate(address) else {
                connection.close()
                throw WebhookFailure(reason: "plain http goes to loopback and private addresses only")
            }
            return connection
        }
        let roots = try webhook.authorityPEM.map { pem in
            do {
                return try Certificate.all(inPEM: pem)
            } catch {
                throw WebhookFailure(reason: "its CA file can't be read")
            }
        }
        let tls = TransportTLS(trust: .roots(roots ?? SystemRoots.load()), checkedName: location.host, now: now)
        return try await HTTPConnection.connect(
            .tls(host: location.host, port: location.port), tls: tls, limits: limits)
    }

    private func exchange(_ delivery: WebhookDelivery, over connection: HTTPConnection) async throws -> HTTPConnection {
        let status = Mutex<Int?>(nil)
        let read = Mutex(0)
        do {
            _ = try await connection.stream(
                request(delivery),
                onHead: { head in status.withLock { $0 = head.status } },
                onBody: { part in
                    let total = read.withLock { count in
                        count += part.count
                        return count
                    }
                    if total > Self.answerBytes { throw WebhookFailure(reason: "long answer") }
                })
        } catch {
            connection.close()
            // A receiver that has answered has taken it; the rest of a long or broken answer is ignored.
            guard status.withLock({ $0 }) != nil else { throw error }
        }
        guard let status = status.withLock({ $0 }), (200..<300).contains(status) else {
            connection.close()
            throw WebhookFailure(reason: "answered \(status.withLock { $0 } ?? 0)")
        }
        return connection
    }

    private func request(_ delivery: WebhookDelivery) throws -> HTTPExchangeRequest {
        let message = delivery.message
        let (body, timestamp) = (message.body, now())
        let path = try WebhookTarget(delivery.webhook.url, allowsHTTP: delivery.webhook.allowsHTTP).location.path
        return HTTPExchangeRequest(
            method: "POST", path: path,
            headers: [
                ("Content-Type", "application/json"), ("User-Agent", "Latchkey/\(Release.version)"),
                ("Webhook-Id", message.id), ("Webhook-Timestamp", "\(timestamp)"),
                (
                    "Webhook-Signature",
                    delivery.secret.signature(id: message.id, timestamp: timestamp, body: body)
                ),
            ], body: .bytes(body))
    }
}
