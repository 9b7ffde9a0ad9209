internal import Glibc
package import NIOCore
internal import NIOPosix

extension Peer {
    /// Who is at the other end of a channel, as far as its address tells. Runs on the channel's event loop.
    package init(of channel: any Channel) {
        guard let address = channel.remoteAddress, let text = address.ipAddress else {
            self.init(address: "local", userID: Self.userID(of: channel))
            return
        }
        // An IPv4 client of a dual-stack socket is shown as ::ffff:a.b.c.d.
        self.init(address: text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text)
    }

    /// `SO_PEERCRED`: the kernel's word on who connected to a Unix socket.
    private static func userID(of channel: any Channel) -> UInt32? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        // The option is read on the channel's own loop, where this runs: the future is complete.
        var user: UInt32?
        credentials.assumeIsolated().whenSuccess { credentials in
            // The kernel's word for "nobody": not a Unix socket.
            user = credentials.user == UInt32.max ? nil : credentials.user
        }
        return user
    }
}

/// The kernel's `struct ucred` (unix(7)), which glibc's headers show to C only on request.
private struct PeerCredentials: Sendable {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
}
