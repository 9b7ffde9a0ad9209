package import Files
internal import Glibc

/// Where artifacts are kept: files named by the SHA-256 of their bytes, so that equal ones are kept once, and beside
/// them uploads that are not complete (`upload-<number>.part`).
package struct ArtifactFolder: Sendable {
    package let path: String

    /// Makes the folder when it is missing.
    package init(_ path: String) throws(FileError) {
        self.path = path
        try SecureFile.makeFolder(path, mode: 0o700)
    }

    /// Where the file of a digest is or belongs.
    package func file(_ sha256: String) -> String { "\(path)/\(sha256)" }

    /// Where an upload grows.
    func upload(_ id: String) -> String { "\(path)/upload-\(id).part" }

    /// The upload whose file has this name; `nil` when it is another file.
    func uploadID(_ name: String) -> String? {
        guard name.hasPrefix("upload-"), name.hasSuffix(".part") else { return nil }
        return String(name.dropFirst("upload-".count).dropLast(".part".count))
    }

    /// Sizes in bytes of the uploads that wait, by number.
    func uploads() -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        for name in names() {
            var information = stat()
            guard let id = uploadID(name), unsafe stat("\(path)/\(name)", &information) == 0 else { continue }
            sizes[id] = Int64(information.st_size)
        }
        return sizes
    }

    /// Gives an upload that was checked its place; when this returns, it is durable.
    func keep(upload id: String, sha256: String) throws(FileError) {
        try SecureFile.move(upload(id), to: file(sha256))
    }

    /// Removes a file; one that is gone already is not an error.
    func remove(_ path: String) {
        unsafe unlink(path)
    }

    /// Names of the files in the folder.
    func names() -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// When a file was last written, Unix seconds; `nil` when it is gone.
    func modifiedAt(_ name: String) -> Int64? {
        var information = stat()
        guard unsafe stat("\(path)/\(name)", &information) == 0 else { return nil }
        return Int64(information.st_mtim.tv_sec)
    }

    /// Sets when a file was last written, Unix seconds.
    func touch(_ name: String, at moment: Int64) {
        let time = timespec(tv_sec: Int(moment), tv_nsec: 0)
        _ = unsafe utimensat(AT_FDCWD, "\(path)/\(name)", [time, time], AT_SYMLINK_NOFOLLOW)
    }
}
