internal import CArchive

/// Packs one stream, part by part. Equal content gives equal bytes.
final class Compressor {
    private let drain: Drain
    private let archive: ArchiveHandle

    /// - Throws: ``ArtifactError/damaged(_:)`` when this libarchive can't do the method.
    init(_ compression: ArtifactCompression, sink: @escaping ArtifactSink) throws(ArtifactError) {
        let drain = Drain(sink)
        self.drain = drain
        // Freeing writes what is left, so the drain must still be there.
        archive = unsafe ArchiveHandle(archive_write_new()) { archive in
            withExtendedLifetime(drain) { unsafe _ = archive_write_free(archive) }
        }
        let entry = unsafe ArchiveHandle(archive_entry_new()) { unsafe archive_entry_free($0) }
        unsafe shim_make_plain_file(entry.pointer)
        let client = unsafe Unmanaged.passUnretained(drain).toOpaque()
        // gzip would store the time of now. libarchive calls back only within the calls this object makes.
        let isReady =
            unsafe archive_write_add_filter(archive.pointer, compression.filter) == ARCHIVE_OK
            && archive_write_set_format_raw(archive.pointer) == ARCHIVE_OK
            && (compression != .gzip
                || archive_write_set_filter_option(archive.pointer, "gzip", "timestamp", nil) == ARCHIVE_OK)
            && archive_write_set_bytes_in_last_block(archive.pointer, 1) == ARCHIVE_OK
            && archive_write_open(archive.pointer, client, nil, writeDrain, nil) == ARCHIVE_OK
            && archive_write_header(archive.pointer, entry.pointer) == ARCHIVE_OK
        guard isReady else { throw drain.failure ?? .damaged(compression.rawValue) }
    }

    /// Packs the next bytes.
    func write(_ part: ArraySlice<UInt8>) throws(ArtifactError) {
        let written = unsafe part.withUnsafeBytes { bytes in
            unsafe archive_write_data(archive.pointer, bytes.baseAddress, bytes.count)
        }
        guard written == part.count else { throw drain.failure ?? .damaged("compression") }
    }

    /// Writes what is left.
    func finish() throws(ArtifactError) {
        guard unsafe archive_write_close(archive.pointer) == ARCHIVE_OK, drain.failure == nil else {
            throw drain.failure ?? .damaged("compression")
        }
    }
}

/// What libarchive writes to.
private final class Drain {
    private let sink: ArtifactSink
    /// What went wrong on this side of libarchive.
    private(set) var failure: ArtifactError?

    init(_ sink: @escaping ArtifactSink) { self.sink = sink }

    func take(_ bytes: [UInt8]) -> Int {
        guard failure == nil else { return -1 }
        do throws(ArtifactError) {
            try sink(bytes[...])
            return bytes.count
        } catch {
            failure = error
            return -1
        }
    }
}

private func writeDrain(
    _ archive: OpaquePointer?, _ client: UnsafeMutableRawPointer?, _ start: UnsafeRawPointer?, _ count: Int
) -> la_ssize_t {
    guard let client = unsafe client else { return -1 }
    let drain = unsafe Unmanaged<Drain>.fromOpaque(client).takeUnretainedValue()
    return unsafe drain.take(Array(UnsafeRawBufferPointer(start: start, count: count)))
}
