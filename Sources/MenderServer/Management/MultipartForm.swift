internal import Glibc
internal import NIOCore

/// Reads `multipart/form-data` (RFC 7578) as it arrives. Nothing is kept but what may still be a delimiter: at most the length of
/// one, or the header of a part.
struct MultipartForm {
    /// What was read.
    enum Event: Equatable {
        /// A part begins; the name of its field.
        case part(name: String)
        /// Bytes of the present part.
        case content(ByteBuffer)
        /// The present part is over.
        case partEnd
        /// The last part is over.
        case end
    }

    /// Why it is no form.
    enum Failure: Error, Equatable {
        case notAForm, headerTooLong, tooManyParts
    }

    private enum State {
        case preamble, afterDelimiter, header, content, epilogue
    }

    /// Longest header of a part, in bytes.
    private static let headerLimit = 8192
    private static let partLimit = 64

    /// CR LF, two hyphens, the boundary.
    private let delimiter: [UInt8]
    private var state = State.preamble
    private var pending: [UInt8]
    private var parts = 0
    /// Bytes of the line end that stand before the content and are not part of it.
    private var lineEnd = 0
    private static let headerEnd: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    /// The boundary a `Content-Type` names; `nil` when it is no form or has none.
    static func boundary(_ contentType: String?) -> String? {
        guard let contentType, contentType.utf8.count <= 512 else { return nil }
        let parameters = contentType.split(separator: ";").map { $0.drop { $0 == " " } }
        guard parameters.first?.lowercased() == "multipart/form-data" else { return nil }
        for parameter in parameters.dropFirst() where parameter.lowercased().hasPrefix("boundary=") {
            let value = parameter.dropFirst(9).filter { $0 != "\"" }
            return (1...70).contains(value.utf8.count) ? String(value) : nil
        }
        return nil
    }

    /// Begins with nothing read.
    init(boundary: String) {
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may stand at the very beginning, without a line end before it.
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
                events.append(.content(ByteBuffer(bytes: pending[(start + lineEnd)..<end])))
            }
            if found == nil, end <= start + lineEnd { return false }
            lineEnd = 0
            start = end
            guard let found else { return false }
            start = found + delimiter.count
            if isContent { events.append(.partEnd) }
            state = .afterDelimiter
        case .afterDelimiter:
            guard pending.count - start >= 2 else { return false }
            let next = pending[start..<start + 2]
            start += 2
            if next.elementsEqual([0x2D, 0x2D]) {
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
            start = pending.count
            return false
        }
        return true
    }

    /// Where some bytes stand first.
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
        for line in String(decoding: header, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard line.lowercased().hasPrefix("content-disposition:") else { continue }
            for parameter in line.split(separator: ";").dropFirst() {
                let text = parameter.drop { $0 == " " }
                guard text.lowercased().hasPrefix("name=") else { continue }
                return String(text.dropFirst(5).filter { $0 != "\"" })
            }
        }
        throw .notAForm
    }
}
