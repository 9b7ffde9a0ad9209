internal import Glibc

/// How many files the process may have open. Every connection is one.
enum OpenFiles {
    /// As many as we ever want.
    private static let wanted: rlim_t = 65_536

    /// Takes what the hard limit allows; the soft limit is often 1,024.
    static func raise() {
        guard var limit = current else { return }
        limit.rlim_cur = min(limit.rlim_max, wanted)
        _ = unsafe setrlimit(resource, &limit)
    }

    /// Connections a server may have so that the rest of the hub still can open files; `nil` when the limit isn't known.
    static var forOneServer: Int? {
        guard let limit = current, limit.rlim_cur < rlim_t(Int32.max) else { return nil }
        let files = Int(limit.rlim_cur)
        return max(2, files - 64 - files / 100)
    }

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)) }

    private static var current: rlimit? {
        var limit = rlimit()
        return unsafe getrlimit(resource, &limit) == 0 ? limit : nil
    }
}
