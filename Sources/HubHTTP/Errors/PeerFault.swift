internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Errors that the peer of a connection brings about: a request that is cut off or broken, a connection that ends or
/// breaks. They are not faults of ours, and anybody can make thousands of them in a second.
package enum PeerFault {
    /// Whether an error is one.
    package static func causes(_ error: any Error) -> Bool {
        switch error {
        case is HTTPParserError, is BoringSSLError: true
        case let error as NIOSSLError: causes(error)
        case let error as ChannelError: causes(error)
        case let error as IOError: connectionErrors.contains(error.errnoCode)
        default: false
        }
    }

    private static func causes(_ error: NIOSSLError) -> Bool {
        switch error {
        case .uncleanShutdown, .handshakeFailed, .shutdownFailed, .writeDuringTLSShutdown, .readInInvalidTLSState: true
        default: false
        }
    }

    private static func causes(_ error: ChannelError) -> Bool {
        switch error {
        // A body that comes too slowly ends as a connection that was too slow.
        case .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed, .eof, .connectTimeout: true
        default: false
        }
    }

    /// What the kernel says when the other end is gone or can't be reached any more.
    private static let connectionErrors: Set<CInt> = [
        ECONNRESET, ECONNABORTED, EPIPE, ENOTCONN, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN, ENETRESET,
    ]
}
