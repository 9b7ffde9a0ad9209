internal import Foundation
internal import Glibc

/// How many files the process may have open. Every connection is one.
package enum OpenFiles {
    /// As many as we ever want.
    private static let wanted: rlim_t = 65_536
    /// For the database, certificates, webhooks, and whatever else opens a file for a moment.
    private static let kept = 64

    /// Takes what the hard limit allows; the soft limit is often 1,024.
    package static func raise() {
        guard var limit = current else { return }
        limit.rlim_cur = min(limit.rlim_max, wanted)
        _ = unsafe setrlimit(resource, &limit)
    }

    /// Files that connections may take, asked before the first one; `nil` when the limit isn't known.
    package static var forConnections: Int? {
        guard let limit = current, limit.rlim_cur < rlim_t(Int32.max) else { return nil }
        let files = Int(limit.rlim_cur)
        // An event loop has three (epoll, timer, wake-up), and there may be one for each processor and that of the
        // tunnels. A sixteenth is for artifacts on their way to devices and from people.
        let loops = 3 * (ProcessInfo.processInfo.activeProcessorCount + 1)
        return max(8, files - openNow - loops - kept - files / 16)
    }

    private static var openNow: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? kept
    }

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)) }

    private static var current: rlimit? {
        var limit = rlimit()
        return unsafe getrlimit(resource, &limit) == 0 ? limit : nil
    }
}
