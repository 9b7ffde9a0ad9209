internal import HTTPTypes
package import Hummingbird

/// Which bytes of a file a request wants (RFC 9110 section 14).
package enum ByteRange: Equatable {
    /// All of them: no range, several, or one that can't be read.
    case whole
    case part(Range<Int64>)
    /// None that the file has.
    case unsatisfiable

    /// What a request wants of a file.
    ///
    /// - Parameters:
    ///   - size: bytes of the file.
    ///   - tag: names its content, as `ETag` does, without quotes.
    package static func read(_ request: Request, size: Int64, tag: String) -> ByteRange {
        guard let header = request.headers[.range] else { return .whole }
        // A client that has another file's beginning must get the whole of this one.
        if let condition = request.headers[.ifRange], condition != "\"\(tag)\"" { return .whole }
        return read(header, size: size)
    }

    /// What a header `Range` wants of a file of that many bytes.
    package static func read(_ header: String, size: Int64) -> ByteRange {
        guard header.hasPrefix("bytes=") else { return .whole }
        let sides = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, header.utf8.count <= 64, sides.allSatisfy({ $0.utf8.allSatisfy(isDigit) }) else {
            return .whole
        }
        switch (position(sides[0]), position(sides[1])) {
        case (nil, nil): return .whole
        case (nil, let last?):
            // The last bytes.
            guard last > 0, size > 0 else { return .unsatisfiable }
            return .part(max(0, size - last)..<size)
        case (let first?, let last):
            guard last ?? first >= first else { return .whole }
            guard first < size else { return .unsatisfiable }
            return .part(first..<min(size - 1, last ?? size - 1) + 1)
        }
    }

    /// A number of digits; `nil` for none of them. One that no file reaches is as good as the largest.
    private static func position(_ digits: Substring) -> Int64? {
        digits.isEmpty ? nil : Int64(digits) ?? Int64.max
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
