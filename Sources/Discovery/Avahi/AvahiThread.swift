internal import CAvahi
internal import Glibc
internal import Synchronization

/// Asks a loop on another thread to look up, or to end. Safe from any thread.
final class LoopControl: Sendable {
    /// Readable when somebody called ``wake()``; the loop polls it together with Avahi's own descriptors.
    let descriptor: Int32
    private let ended = Mutex(false)

    init() throws(DiscoveryError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .system(operation: "eventfd", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    var isStopped: Bool { ended.withLock { $0 } }

    /// The loop frees what it holds and ends.
    func stop() {
        ended.withLock { $0 = true }
        wake()
    }

    /// The loop reads again what its owner wishes.
    func wake() {
        unsafe withUnsafeBytes(of: UInt64(1)) { _ = unsafe write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Waits until woken, at most so long. For the time when there is no client to wait with.
    func wait(atMost limit: Duration) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, limit.milliseconds) > 0 else { return }
        Self.drain(descriptor)
    }

    /// Resets the waking, so that it wakes only once.
    static func drain(_ descriptor: Int32) {
        var count: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &count) { _ = unsafe read(descriptor, $0.baseAddress, $0.count) }
    }
}

extension Duration {
    /// Rounded up, so that a wait never ends before its time; at least 0, at most an hour.
    fileprivate var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(min(seconds, 3600)) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

/// A thread of our own for Avahi: its calls wait for D-Bus, up to 25 s when the daemon hangs, and Swift's few shared
/// threads must not wait with them. Nobody joins it; it ends when its work returns.
enum AvahiThread {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) throws(DiscoveryError) {
        let work = unsafe Unmanaged.passRetained(Work(run))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer = unsafe pointer else { return nil }
                AvahiThread.leaveSignalsToOthers()
                unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        guard result == 0 else {
            unsafe work.release()
            throw .system(operation: "pthread_create", code: result)
        }
        pthread_detach(thread)
    }

    private static func leaveSignalsToOthers() {
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
