/// A member of a zip archive whose two headers say the same.
struct ZipMember {
    /// How the bytes are stored.
    enum Method: UInt16 {
        case stored = 0
        case deflate = 8
    }

    let name: String
    let method: Method
    let flags: UInt16
    let crc: UInt32
    /// Bytes in the archive.
    let storedSize: Int64
    /// Bytes inflated, as the archive says.
    let size: Int64
    /// Where the local header is.
    let offset: Int64
    /// Where the data begins; set when the local header was read.
    var dataOffset: Int64 = 0
    /// When it was last changed, whole Unix seconds; `nil` when the local header has no such extra field.
    var modified: Int64?

    /// Bit 3: lengths and checksum follow the data.
    var hasDescriptor: Bool { flags & 0x0008 != 0 }

    /// Whether a name can't mean another place and can be shown: 18.5 step 4.
    static func isName(_ name: some Collection<UInt8>) -> Bool {
        (1...255).contains(name.count)
            && name.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: ":") }
            && name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
            }
    }
}

/// Numbers of a record, one after the other; the record has the length that its format says.
struct ZipFields {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    mutating func short() -> UInt16 { UInt16(truncatingIfNeeded: number(2)) }
    mutating func long() -> UInt32 { UInt32(truncatingIfNeeded: number(4)) }

    private mutating func number(_ count: Int) -> UInt64 {
        defer { place += count }
        return bytes[place..<(place + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
