internal import Glibc

/// Reads `multipart/form-data` (RFC 7578) as it arrives. Nothing is kept but what may still be a delimiter: at most the
/// length of one, or the header of a part.
struct MultipartForm {
    enum Event: Equatable {
        /// A part begins; the name of its field.
        case part(name: String)
        /// Bytes of the present part.
        case content([UInt8])
        /// The present part is over.
        case partEnd
        /// The last part is over.
        case end
    }

    /// Why it is not a form.
    enum Failure: Error, Equatable {
        case notAForm, headerTooLong, tooManyParts, tooMuchAround
    }

    private enum State {
        case preamble, afterDelimiter, header, content, epilogue
    }

    /// Longest header of a part, in bytes.
    private static let headerLimit = 8192
    private static let partLimit = 64
    /// Most bytes before the first and behind the last part.
    private static let aroundLimit = 64 * 1024
    /// Most white space behind a boundary.
    private static let paddingLimit = 64

    /// CR LF, two hyphens, the boundary.
    private let delimiter: [UInt8]
    private var state = State.preamble
    private var pending: [UInt8]
    private var parts = 0
    private var around = 0
    /// Bytes of the line end before the content, which are not part of it.
    private var lineEnd = 0
    private static let headerEnd: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    /// The boundary a `Content-Type` names; `nil` when it is not a form or has none.
    static func boundary(_ contentType: String?) -> String? {
        guard let contentType, contentType.utf8.count <= 512 else { return nil }
        let field = HeaderParameters(contentType)
        guard field.value == "multipart/form-data", let boundary = field["boundary"],
            (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            boundary.last != " "
        else { return nil }
        return boundary
    }

    /// Begins with nothing read.
    init(boundary: String) {
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may be at the very beginning, without a line end before it.
        pending = [0x0D, 0x0A]
    }

    /// Whether the last part was read to its end.
    var isComplete: Bool {
        if case .epilogue = state { true } else { false }
    }

    /// Takes the next bytes.
    ///
    /// - Throws: ``Failure``.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(Failure) -> [Event] {
        pending.append(contentsOf: bytes)
        var events: [Event] = []
        var start = 0
        while try step(&start, &events) {}
        pending.removeFirst(start)
        return events
    }

    /// One step of the reading from `start` on; false when more bytes are needed.
    private mutating func step(_ start: inout Int, _ events: inout [Event]) throws(Failure) -> Bool {
        switch state {
        case .preamble, .content:
            let isContent = if case .content = state { true } else { false }
            let found = Self.find(delimiter, in: pending, from: start)
            // What may be the beginning of a delimiter waits.
            let end = found ?? max(start, pending.count - delimiter.count + 1)
            if isContent, end > start + lineEnd {
                events.append(.content(Array(pending[(start + lineEnd)..<end])))
            } else if !isContent {
                try pass(end - start)
            }
            if found == nil, end <= start + lineEnd { return false }
            lineEnd = 0
            start = end
            guard let found else { return false }
            start = found + delimiter.count
            if isContent { events.append(.partEnd) }
            state = .afterDelimiter
        case .afterDelimiter:
            let isLast = pending[start...].starts(with: [0x2D, 0x2D])
            // White space is allowed between boundary and line end (RFC 2046 section 5.1.1).
            let padding = isLast ? 0 : pending[start...].prefix { $0 == 0x20 || $0 == 0x09 }.count
            guard padding <= Self.paddingLimit else { throw .notAForm }
            guard pending.count - start - padding >= 2 else { return false }
            let next = pending[(start + padding)...].prefix(2)
            start += padding + 2
            if isLast {
                events.append(.end)
                state = .epilogue
            } else if next.elementsEqual([0x0D, 0x0A]) {
                parts += 1
                guard parts <= Self.partLimit else { throw .tooManyParts }
                state = .header
            } else {
                throw .notAForm
            }
        case .header:
            guard let end = Self.find(Self.headerEnd, in: pending, from: start) else {
                guard pending.count - start <= Self.headerLimit else { throw .headerTooLong }
                return false
            }
            guard end - start <= Self.headerLimit else { throw .headerTooLong }
            events.append(.part(name: try Self.name(pending[start..<end])))
            // The line end before the content belongs to the delimiter when there is no content.
            start = end + 2
            lineEnd = 2
            state = .content
        case .epilogue:
            try pass(pending.count - start)
            start = pending.count
            return false
        }
        return true
    }

    /// Counts bytes that belong to no part.
    private mutating func pass(_ count: Int) throws(Failure) {
        around += count
        guard around <= Self.aroundLimit else { throw .tooMuchAround }
    }

    /// Where some bytes occur first.
    private static func find(_ wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        let first = Int32(wanted[0])
        return unsafe bytes.withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            var place = start
            while buffer.count - place >= wanted.count {
                guard let hit = unsafe memchr(base + place, first, buffer.count - place - wanted.count + 1) else {
                    return nil
                }
                place = unsafe UnsafeRawPointer(hit) - base
                if unsafe memcmp(base + place, wanted, wanted.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }

    /// The name of the field, from `Content-Disposition: form-data; name="…"`.
    private static func name(_ header: ArraySlice<UInt8>) throws(Failure) -> String {
        for line in String(decoding: header, as: UTF8.self).split(separator: "\r\n") {
            guard line.lowercased().hasPrefix("content-disposition:") else { continue }
            let field = HeaderParameters(String(line.dropFirst("content-disposition:".count)))
            guard field.value == "form-data", let name = field["name"], !name.isEmpty else { throw .notAForm }
            return name
        }
        throw .notAForm
    }
}
