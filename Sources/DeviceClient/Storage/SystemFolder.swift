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

    /// Whether nothing is at a path, or a plain file; a link is neither.
    static func isFreeOrPlainFile(_ path: String) -> Bool {
        var information = stat()
        return unsafe lstat(path, &information) != 0 || information.st_mode & S_IFMT == S_IFREG
    }

    /// Names of what is in a folder, sorted by their bytes; `nil` when it cannot be read.
    ///
    /// - Parameter limit: names that are looked at.
    static func names(in path: String, limit: Int) -> [String]? {
        guard let folder = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while names.count < limit, let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.utf8.elementsEqual(".".utf8), !name.utf8.elementsEqual("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
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

    /// Seconds since the system's start, sleep included.
    package static let uptimeSeconds: @Sendable () -> Int64 = {
        var now = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &now)
        return Int64(now.tv_sec)
    }
}
