package import Encoding

/// Cuts a stream of bytes into JSON documents (docs/protocols/tunnel.md A2): a document is complete at its closing
/// bracket, white space between documents is free.
///
/// It only counts brackets outside of strings; whether a document is right is for its reader to find. What does not
/// begin with a bracket is handed out unchanged, so that its reader refuses it.
package struct TunnelDocuments: Sendable {
    /// More than this without a complete document is refused.
    package static let limit = 64 * 1024

    private var bytes: [UInt8] = []
    /// First byte that was not handed out.
    private var start = 0
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// A document was handed out whose line end has not come yet.
    package private(set) var expectsLineEnd = false

    package init() {}

    /// Bytes that are kept until more comes.
    package var held: Int { bytes.count }

    /// Takes what was received.
    package mutating func append(_ received: Span<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            position -= start
            start = 0
        }
        bytes.reserveCapacity(bytes.count + received.count)
        for index in received.indices { bytes.append(received[index]) }
    }

    /// Takes what was received.
    package mutating func append(_ received: [UInt8]) {
        append(received.span)
    }

    /// The next complete document, `nil` when more must be received first.
    ///
    /// - Throws: ``MessageError/tooLarge(limit:)``.
    package mutating func next() throws(MessageError) -> [UInt8]? {
        skipSpace()
        guard position < bytes.count || depth > 0 else { return nil }
        if depth == 0, bytes[position] != UInt8(ascii: "{"), bytes[position] != UInt8(ascii: "[") {
            position = bytes.count
            return take()
        }
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if isComplete(after: byte) { return take() }
        }
        guard bytes.count - start <= Self.limit else { throw .tooLarge(limit: Self.limit) }
        return nil
    }

    /// What was received behind the last document, for a connection that leaves JSON: the document's line end belongs
    /// to it.
    package mutating func rest() -> [UInt8] {
        dropLineEnd()
        defer { self = TunnelDocuments(expectsLineEnd: expectsLineEnd && position == bytes.count) }
        return Array(bytes[position...])
    }

    /// Whether anything but white space waits.
    package var isEmpty: Bool {
        bytes[start...].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    private init(expectsLineEnd: Bool) {
        self.expectsLineEnd = expectsLineEnd
    }

    private mutating func isComplete(after byte: UInt8) -> Bool {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return false
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            return depth == 0
        default: break
        }
        return false
    }

    private mutating func take() -> [UInt8] {
        let document = Array(bytes[start..<position])
        start = position
        expectsLineEnd = true
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: false)
            (start, position) = (0, 0)
        }
        return document
    }

    private mutating func skipSpace() {
        guard depth == 0 else { return }
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
            expectsLineEnd = false
        }
        start = position
    }

    private mutating func dropLineEnd() {
        guard expectsLineEnd, position < bytes.count else { return }
        if bytes[position] == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A { position += 1 }
        if bytes[position] == 0x0A { position += 1 }
        expectsLineEnd = false
    }
}
