internal import Glibc

/// The file of a Unix socket.
enum SocketFile {
    /// Removes it; one that is gone already is not an error.
    static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }
}
