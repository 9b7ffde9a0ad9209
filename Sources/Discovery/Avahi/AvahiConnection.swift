internal import CAvahi

/// One client of the Avahi daemon with the poll that drives it: the only owner of both and of all that hangs on them.
///
/// Lives on one thread, that of its loop: calls and callbacks alike. A failed client cannot be mended; the owner drops
/// the connection and makes a new one. libavahi tells libdbus not to end the process when the bus goes away; libdbus
/// makes the process ignore SIGPIPE.
@safe struct AvahiConnection: ~Copyable {
    private let poll: AvahiPollOwner
    let client: OpaquePointer
    let inbox: AvahiInbox
    /// The announced group, if any. It belongs to the client, which frees it unless we did before.
    var group: AvahiObject?
    /// The browser, if any; freed with the client.
    var browser: AvahiObject?
    /// Resolvers by what they resolve; freed when the instance goes away, else with the client.
    var resolvers: [ServiceInstance: [AvahiObject]] = [:]

    /// Connects to the bus. A missing daemon is not an error: the client waits for it and says so
    /// (``DaemonState/absent``).
    init(control: LoopControl) throws(DiscoveryError) {
        let poll = try AvahiPollOwner(wokenBy: control)
        let inbox = AvahiInbox()
        var code: Int32 = 0
        let made = unsafe avahi_client_new(
            poll.interface, AVAHI_CLIENT_NO_FAIL, clientChanged, Unmanaged.passUnretained(inbox).toOpaque(), &code)
        guard let made = unsafe made else { throw .unavailable(reason: avahiText(code)) }
        unsafe client = made
        self.poll = poll
        self.inbox = inbox
    }

    deinit {
        // Closes the bus connection, whereupon the daemon withdraws what we announced, and frees group, browser and
        // resolvers. No callback comes afterwards, so the inbox may go.
        unsafe avahi_client_free(client)
        withExtendedLifetime(inbox) {}
    }

    /// Waits for one event, however long, and runs its callbacks.
    /// - Returns: false when the poll itself failed and the connection is of no more use.
    func turn() -> Bool { poll.turn() }

    /// The pointer that callbacks get; the connection keeps the inbox alive longer than any of them.
    var userData: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(inbox).toOpaque() }

    /// What Avahi says about its last failure.
    var lastError: (code: Int32, text: String) {
        let code = unsafe avahi_client_errno(client)
        return (code, avahiText(code))
    }
}

/// A group, browser or resolver. It belongs to its client, which frees it at the latest when it goes itself.
@safe struct AvahiObject {
    let pointer: OpaquePointer

    /// - Returns: nil when Avahi made none.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = pointer
    }
}

/// All interfaces; IPv4 or IPv6, whatever there is.
let anyInterface = AvahiIfIndex(AVAHI_IF_UNSPEC)
let anyProtocol = AvahiProtocol(AVAHI_PROTO_UNSPEC)

/// The only owner of a poll.
@safe private struct AvahiPollOwner: ~Copyable {
    private let poll: OpaquePointer

    init(wokenBy control: LoopControl) throws(DiscoveryError) {
        guard let made = unsafe avahi_simple_poll_new() else {
            throw .unavailable(reason: avahiText(AVAHI_ERR_NO_MEMORY))
        }
        // The watch belongs to the poll and is freed with it.
        let interface = unsafe avahi_simple_poll_get(made)
        let watch = unsafe interface?.pointee.watch_new?(
            interface, control.descriptor, AVAHI_WATCH_IN,
            { _, descriptor, _, _ in LoopControl.drain(descriptor) }, nil)
        guard unsafe watch != nil else {
            unsafe avahi_simple_poll_free(made)
            throw .unavailable(reason: avahiText(AVAHI_ERR_NO_MEMORY))
        }
        unsafe poll = made
    }

    deinit { unsafe avahi_simple_poll_free(poll) }

    var interface: UnsafePointer<AvahiPoll>? { unsafe avahi_simple_poll_get(poll) }

    func turn() -> Bool { unsafe avahi_simple_poll_iterate(poll, -1) == 0 }
}

/// Avahi's text for an error code.
func avahiText(_ code: some BinaryInteger) -> String {
    unsafe String(cString: avahi_strerror(Int32(code)))
}

/// The inbox behind the user data of a callback.
func avahiInbox(_ userData: UnsafeMutableRawPointer?) -> AvahiInbox? {
    guard let userData = unsafe userData else { return nil }
    return unsafe Unmanaged<AvahiInbox>.fromOpaque(userData).takeUnretainedValue()
}

private func clientChanged(
    _ client: OpaquePointer?, _ state: AvahiClientState, _ userData: UnsafeMutableRawPointer?
) {
    let daemon: DaemonState
    switch state {
    case AVAHI_CLIENT_S_RUNNING: daemon = .running
    case AVAHI_CLIENT_S_REGISTERING: daemon = .registering
    case AVAHI_CLIENT_S_COLLISION: daemon = .hostNameCollision
    case AVAHI_CLIENT_CONNECTING: daemon = .absent
    default: daemon = .failed(reason: avahiText(unsafe avahi_client_errno(client)))
    }
    unsafe avahiInbox(userData)?.append(.daemon(daemon))
}
