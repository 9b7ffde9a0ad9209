internal import Files
internal import Glibc

/// What ``Files`` does not do.
enum SystemFolder {
    /// Whether files can be made in that folder.
    static func isWritable(_ path: String) -> Bool {
        unsafe access(path, W_OK | X_OK) == 0
    }

    /// Removes a file; true when it is gone, also when it was not there.
    static func remove(_ path: String) -> Bool {
        unsafe unlink(path) == 0 || errno == ENOENT
    }
}

extension SystemFolder {
    /// Names the running start of the system; empty where the system does not say.
    static var bootID: String {
        (try? SecureFile.read("/proc/sys/kernel/random/boot_id"))?.split(separator: "\n").first.map(String.init) ?? ""
    }
}

/// The machine's wall clock.
package enum SystemClock {
    /// Unix seconds.
    package static let unixSeconds: @Sendable () -> Int64 = {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec)
    }
}
