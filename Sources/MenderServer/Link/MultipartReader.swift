/// Reads `multipart/form-data` (RFC 7578) part by part without ever holding more than a chunk of a file.
///
/// ```
/// var reader = try MultipartReader(contentType: type) { try await chunks.next() }
/// while let part = try await reader.nextPart() {
///     while let content = try await reader.nextContent() { … }
/// }
/// ```
struct MultipartReader {
    /// What stands before a part's content.
    struct Part: Equatable {
        /// Name of the form's field.
        let name: String
        /// Name of the file, as the sender says; `nil` for a plain field.
        let filename: String?
    }

    /// Parts of one form.
    private static let partLimit = 64
    /// Bytes of a part's head.
    private static let headLimit = 8 << 10
    private static let lineEnd: [UInt8] = [0x0D, 0x0A]

    private let delimiter: [UInt8]
    private let source: () async throws -> [UInt8]?
    private var buffer: [UInt8]
    private var position = 0
    private var parts = 0
    /// Whether the content of a part comes next.
    private var isInPart = false
    private var hasEnded = false

    /// - Parameter source: the next bytes of the body; `nil` at its end.
    /// - Throws: 400 when the type names no boundary.
    init(contentType: String?, source: @escaping () async throws -> [UInt8]?) throws(MenderError) {
        guard let boundary = Self.boundary(contentType ?? "") else {
            throw .badRequest("the body must be multipart/form-data")
        }
        delimiter = Self.lineEnd + Array("--\(boundary)".utf8)
        self.source = source
        // So that the first boundary looks like the others.
        buffer = Self.lineEnd
    }

    /// Goes to the next part, over what is left of the present one; `nil` at the end of the form.
    mutating func nextPart() async throws -> Part? {
        if hasEnded { return nil }
        if !isInPart, parts == 0 {
            // Text before the first boundary means nothing.
            isInPart = true
        }
        while try await nextContent() != nil {}
        let mark = try await take(2)
        if mark == Array("--".utf8) {
            hasEnded = true
            return nil
        }
        var head = mark
        while head.suffix(4) != [0x0D, 0x0A, 0x0D, 0x0A], head != Self.lineEnd + Self.lineEnd {
            guard head.count < Self.headLimit else { throw MenderError.badRequest("the head of a part is too long") }
            head += try await take(1)
        }
        parts += 1
        guard parts <= Self.partLimit else { throw MenderError.badRequest("the form has too many parts") }
        isInPart = true
        return try Self.part(head)
    }

    /// The next bytes of the present part; `nil` at its end.
    mutating func nextContent() async throws -> [UInt8]? {
        guard isInPart else { return nil }
        while true {
            let rest = buffer[position...]
            if let found = rest.firstRange(of: delimiter) {
                let content = Array(rest[..<found.lowerBound])
                if content.isEmpty {
                    position = found.upperBound
                    isInPart = false
                    return nil
                }
                position = found.lowerBound
                return content
            }
            // What could be the beginning of a boundary stays.
            let sure = rest.count - (delimiter.count - 1)
            if sure > 0 {
                defer { position += sure }
                return Array(rest.prefix(sure))
            }
            try await fill()
        }
    }

    /// The whole content of a plain field.
    ///
    /// - Throws: 400 when it is longer, or no UTF-8.
    mutating func text(limit: Int = 4096) async throws -> String {
        var bytes: [UInt8] = []
        while let content = try await nextContent() {
            bytes += content
            guard bytes.count <= limit else { throw MenderError.badRequest("a field of the form is too long") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MenderError.badRequest("a field of the form is no UTF-8")
        }
        return text
    }

    private mutating func take(_ count: Int) async throws -> [UInt8] {
        while buffer.count - position < count { try await fill() }
        defer { position += count }
        return Array(buffer[position..<(position + count)])
    }

    private mutating func fill() async throws {
        guard let chunk = try await source() else { throw MenderError.badRequest("the form ends before its last part") }
        buffer.removeFirst(position)
        position = 0
        buffer += chunk
    }

    private static func boundary(_ contentType: String) -> String? {
        guard contentType.lowercased().hasPrefix("multipart/form-data") else { return nil }
        guard let boundary = parameter("boundary", in: contentType), (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return boundary
    }

    private static func part(_ head: [UInt8]) throws(MenderError) -> Part {
        let text = String(decoding: head, as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            guard line.lowercased().hasPrefix("content-disposition:") else { continue }
            guard let name = parameter("name", in: String(line)) else { break }
            return Part(name: name, filename: parameter("filename", in: String(line)))
        }
        throw .badRequest("a part of the form has no name")
    }

    /// A parameter of a header's value: `; name=text` or `; name="text"`.
    private static func parameter(_ name: String, in value: String) -> String? {
        for piece in pieces(value).dropFirst() {
            let trimmed = piece.drop { $0 == " " || $0 == "\t" }
            guard let equals = trimmed.firstIndex(of: "="), trimmed[..<equals].lowercased() == name else { continue }
            let text = trimmed[trimmed.index(after: equals)...]
            guard text.first == "\"" else { return String(text.prefix { $0 != " " && $0 != "\t" }) }
            return unquoted(text.dropFirst())
        }
        return nil
    }

    /// A header's value at its semicolons, except for those in quotes.
    private static func pieces(_ value: String) -> [Substring] {
        var isQuoted = false
        var isEscaped = false
        return value.split { character in
            if isEscaped {
                isEscaped = false
                return false
            }
            if character == "\"" { isQuoted.toggle() }
            isEscaped = isQuoted && character == "\\"
            return character == ";" && !isQuoted
        }
    }

    private static func unquoted(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if !isEscaped, character == "\"" { break }
            if !isEscaped, character == "\\" {
                isEscaped = true
                continue
            }
            isEscaped = false
            result.append(character)
        }
        return result
    }
}
