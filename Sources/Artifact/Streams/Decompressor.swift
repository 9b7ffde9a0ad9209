internal import CArchive

/// Unpacks one compressed stream, part by part, with the one method its name promised.
///
/// libarchive is told the method instead of being asked to find it, so nothing it can do besides is reachable from
/// outside.
final class Decompressor {
    private let feed: Feed
    private let archive: ArchiveHandle
    private let limits: ArtifactLimits
    private let name: String
    private let ratioFloor: Int64
    private var unpacked: Int64 = 0
    private var isOpen = false
    private var isFinished = false

    /// - Parameters:
    ///   - name: the member's name, for errors.
    ///   - source: the compressed bytes.
    init(_ compression: ArtifactCompression, name: String, limits: ArtifactLimits, source: @escaping ArtifactSource) {
        self.limits = limits
        self.name = name
        ratioFloor = limits.ratioFloor(compression)
        let feed = Feed(name: name, checksMemory: compression == .xz, source: source)
        self.feed = feed
        archive = unsafe ArchiveHandle(archive_read_new()) { archive in
            withExtendedLifetime(feed) { unsafe _ = archive_read_free(archive) }
        }
        // These fail only where the library was built without the method; then opening fails.
        unsafe _ = archive_read_append_filter(archive.pointer, compression.filter)
        unsafe _ = archive_read_set_format(archive.pointer, ARCHIVE_FORMAT_RAW)
    }

    /// The next unpacked bytes, none at the end.
    func part() throws(ArtifactError) -> ArraySlice<UInt8> {
        if isFinished { return [] }
        if !isOpen { try open() }
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let result = unsafe archive_read_data_block(archive.pointer, &start, &count, &offset)
            guard result == ARCHIVE_OK || result == ARCHIVE_EOF else { throw feed.failure ?? .damaged(name) }
            if result == ARCHIVE_EOF {
                try finish()
                return []
            }
            unpacked += Int64(count)
            try checkSize()
            if count > 0 {
                return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))[...]
            }
        }
    }

    private func open() throws(ArtifactError) {
        isOpen = true
        let client = unsafe Unmanaged.passUnretained(feed).toOpaque()
        var entry: OpaquePointer?
        // libarchive calls back only within the calls this object makes, and what frees it keeps the feed.
        let opened = unsafe archive_read_open(archive.pointer, client, nil, readFeed, nil)
        guard opened == ARCHIVE_OK, unsafe archive_read_next_header(archive.pointer, &entry) == ARCHIVE_OK else {
            throw feed.failure ?? .damaged(name)
        }
    }

    /// Everything given must have been used: bytes behind the stream are seen by nobody and covered by no sum.
    private func finish() throws(ArtifactError) {
        // Where a stream does not even begin, libarchive's gzip sees an empty one.
        guard unpacked > 0 else { throw .damaged(name) }
        let used = unsafe archive_filter_bytes(archive.pointer, -1)
        let isUsedUp = try feed.isAtEnd()
        guard used == feed.delivered, isUsedUp else { throw .trailingBytes(name) }
        isFinished = true
    }

    private func checkSize() throws(ArtifactError) {
        guard unpacked <= limits.unpackedSize else { throw .tooLarge(name, limit: limits.unpackedSize) }
        let (most, overflows) = feed.delivered.multipliedReportingOverflow(by: limits.ratio)
        guard unpacked <= ratioFloor || overflows || unpacked <= most else { throw .bomb(name) }
    }
}

/// What libarchive reads from. It keeps the address of what it was given until it asks again, hence a buffer that stays
/// in place.
@safe private final class Feed {
    private static let size = 65_536
    private let name: String
    private let source: ArtifactSource
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Feed.size, alignment: 16)
    private var rest: ArraySlice<UInt8> = []
    private var checksMemory: Bool
    /// What went wrong on this side of libarchive.
    private(set) var failure: ArtifactError?
    /// Bytes given to libarchive.
    private(set) var delivered: Int64 = 0

    init(name: String, checksMemory: Bool, source: @escaping ArtifactSource) {
        self.name = name
        self.checksMemory = checksMemory
        self.source = source
    }

    deinit { unsafe buffer.deallocate() }

    /// Fills the buffer; 0 at the end, negative after a failure.
    func fill(_ start: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        do throws(ArtifactError) {
            if rest.isEmpty { rest = try source() }
            if checksMemory {
                // What needs a look at is in the first bytes, which may come one by one.
                while rest.count < XZHeader.length, case let more = try source(), !more.isEmpty { rest += more }
                try XZHeader.check(rest.prefix(XZHeader.length), member: name)
                checksMemory = false
            }
        } catch {
            failure = error
            return -1
        }
        let part = rest.prefix(Self.size)
        rest = rest.dropFirst(part.count)
        unsafe buffer.copyBytes(from: part)
        unsafe start?.pointee = UnsafeRawPointer(buffer.baseAddress)
        delivered += Int64(part.count)
        return part.count
    }

    /// Whether the source has nothing left.
    func isAtEnd() throws(ArtifactError) -> Bool {
        guard rest.isEmpty else { return false }
        return try source().isEmpty
    }
}

private func readFeed(
    _ archive: OpaquePointer?, _ client: UnsafeMutableRawPointer?, _ start: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> la_ssize_t {
    guard let client = unsafe client else { return -1 }
    return unsafe Unmanaged<Feed>.fromOpaque(client).takeUnretainedValue().fill(start)
}

/// The beginning of an xz stream: stream header (12 bytes), then the first block's header with its filters.
///
/// Writers give all blocks the same filters. A later block with a larger dictionary is not seen here; it costs memory
/// only as far as it is filled, and the limits on size and ratio end that.
enum XZHeader {
    /// Bytes that are looked at.
    static let length = 12 + 64
    /// A dictionary of 64 MiB is what the highest common level uses; libarchive itself would go up to a GiB.
    private static let largestDictionary: UInt8 = 28

    /// Refuses a stream whose first block needs a larger dictionary, or has filters that no artifact uses.
    static func check(_ bytes: ArraySlice<UInt8>, member: String) throws(ArtifactError) {
        let bytes = Array(bytes)
        guard bytes.count > 14 else { return }  // too short to unpack to anything
        let size = (Int(bytes[12]) + 1) * 4
        guard bytes[12] != 0 else { return }  // no block at all
        // One filter, LZMA2 (0x21), with one byte of properties; before it perhaps the block's two sizes.
        guard bytes[13] & 0x3F == 0 else { throw .damaged(member) }
        var index = 14
        for flag in [UInt8(0x40), 0x80] where bytes[13] & flag != 0 {
            while index < bytes.count, bytes[index] & 0x80 != 0 { index += 1 }
            index += 1
        }
        guard index + 3 <= min(12 + size, bytes.count), bytes[index] == 0x21, bytes[index + 1] == 1 else {
            throw .damaged(member)
        }
        guard bytes[index + 2] <= largestDictionary else { throw .tooMuchMemory(member) }
    }
}
