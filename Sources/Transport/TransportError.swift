internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
package import PKI

/// Why an exchange with a hub did not happen or did not end.
///
/// Carries no text of the peer; `reason` is what the operating system or the TLS library said.
package enum TransportError: Error, Sendable {
    /// A step that has a time limit of its own.
    package enum Phase: String, Sendable {
        case connect
        case handshake
        /// From the first byte of the request to the last of the answer.
        case exchange
        /// No byte moved for too long in a stream.
        case idle
    }

    /// Nobody listens there, the name is unknown, or the network is down.
    case cannotConnect(reason: String)
    /// A time limit passed; the connection is closed.
    case timedOut(Phase)
    /// The peer's certificate is not the one it must be. `peer` is what it showed, leaf first.
    case untrusted(reason: String, peer: [Certificate])
    /// The TLS handshake failed for another reason, or the peer refused our certificate.
    case tls(reason: String)
    /// The peer closed the connection before the answer was complete, or it was closed here.
    case closed
    /// The answer's body is larger than the limit in bytes.
    case responseTooLarge(limit: Int)
    /// The peer does not speak HTTP/1.1, or its headers exceed the limits.
    case notHTTP(reason: String)
    /// The request cannot be sent as it is: our own mistake.
    case invalidRequest(reason: String)
}

extension TransportError: CustomStringConvertible {
    /// One line for a log or for the operator.
    package var description: String {
        switch self {
        case .cannotConnect(let reason): "cannot connect: \(reason)"
        case .timedOut(let phase): "timed out (\(phase.rawValue))"
        case .untrusted(let reason, _): "the peer's certificate is not trusted: \(reason)"
        case .tls(let reason): "TLS failed: \(reason)"
        case .closed: "connection closed"
        case .responseTooLarge(let limit): "answer larger than \(limit) bytes"
        case .notHTTP(let reason): "not HTTP: \(reason)"
        case .invalidRequest(let reason): "request cannot be sent: \(reason)"
        }
    }
}

extension TransportError {
    /// Translates what NIO throws. Cancellation stays cancellation.
    package static func translating(_ error: any Error) -> any Error {
        switch error {
        case is TransportError, is CancellationError: error
        case let error as ChannelError:
            switch error {
            case .connectTimeout: TransportError.timedOut(.connect)
            default: TransportError.closed
            }
        case let error as NIOConnectionError: TransportError.cannotConnect(reason: error.shortReason)
        case let error as IOError: TransportError.cannotConnect(reason: error.shortReason)
        case let error as NIOSSLError:
            if case .uncleanShutdown = error { TransportError.closed } else { TransportError.tls(reason: "\(error)") }
        case is BoringSSLError: TransportError.tls(reason: "\(error)")
        default: TransportError.notHTTP(reason: "\(error)")
        }
    }
}

extension NIOConnectionError {
    fileprivate var shortReason: String {
        guard let first = connectionErrors.first?.error else { return "no address for \(host)" }
        return (first as? IOError)?.shortReason ?? "\(first)"
    }
}

extension IOError {
    /// The system's words for the error number, without the name of the call.
    fileprivate var shortReason: String {
        unsafe String(cString: strerror(errnoCode))
    }
}
