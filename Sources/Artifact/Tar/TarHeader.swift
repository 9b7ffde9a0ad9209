/// One 512-byte record of a tar archive that announces a file (POSIX.1-1988 ustar).
struct TarHeader: Equatable {
    static let length = 512

    /// What kind of entry, as far as artifacts have any.
    enum Kind: UInt8 {
        case file = 0x30
        /// Records for the entry behind it (POSIX.1-2001).
        case extended = 0x78
        /// The name of the entry behind it, as GNU tar writes it.
        case longName = 0x4C
    }

    var name: [UInt8]
    var kind: Kind
    var size: Int64
    /// Modification time, Unix seconds.
    var modified: Int64

    // MARK: - Reading

    /// Reads a record. A wrong checksum, another format than ustar, or any kind of entry but plain files is an error.
    ///
    /// - Parameter archive: the name of the archive, for errors.
    init(_ block: [UInt8], in archive: String) throws(ArtifactError) {
        guard block.count == Self.length, Self.hasRightSum(block), Self.isUstar(block) else { throw .damaged(archive) }
        name = try Self.name(block, in: archive)
        let shown = ArtifactError.shown(String(decoding: name, as: UTF8.self))
        switch block[156] {
        case 0x30, 0x00: kind = .file
        case Kind.extended.rawValue: kind = .extended
        case Kind.longName.rawValue: kind = .longName
        default: throw .notAPlainFile(shown)
        }
        guard let size = Self.number(block[124..<136]), let modified = Self.number(block[136..<148]), size >= 0 else {
            throw .damaged(archive)
        }
        self.size = size
        // GNU's binary form tells times that no calendar writes.
        self.modified = min(modified, Self.latest)
    }

    /// The end of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    /// The sum of all bytes, those of the sum itself counted as spaces.
    private static func hasRightSum(_ block: [UInt8]) -> Bool {
        number(block[148..<156]) == sum(block)
    }

    private static func sum(_ block: [UInt8]) -> Int64 {
        block.reduce(0) { $0 + Int64($1) } - block[148..<156].reduce(0) { $0 + Int64($1) } + 8 * 0x20
    }

    /// `ustar` with version 00, or GNU tar's `ustar` with two spaces.
    private static func isUstar(_ block: [UInt8]) -> Bool {
        let magic = block[257..<265]
        return magic.elementsEqual("ustar\u{0}00".utf8) || magic.elementsEqual("ustar  \u{0}".utf8)
    }

    /// Name with its prefix. GNU tar keeps times where ustar has the prefix, so that one has none here.
    private static func name(_ block: [UInt8], in archive: String) throws(ArtifactError) -> [UInt8] {
        let name = try text(block[0..<100], in: archive)
        guard block[262] == 0 else { return name }
        let prefix = try text(block[345..<500], in: archive)
        return prefix.isEmpty ? name : prefix + [0x2F] + name
    }

    /// A field up to its NUL. What is behind it would be seen by some readers and not by others.
    private static func text(_ field: ArraySlice<UInt8>, in archive: String) throws(ArtifactError) -> [UInt8] {
        let text = field.prefix { $0 != 0 }
        guard field[text.endIndex...].allSatisfy({ $0 == 0 }) else { throw .damaged(archive) }
        return Array(text)
    }

    /// Octal digits with spaces or NUL around them, or GNU's binary form for large numbers.
    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        if field.first == 0x80 {
            let digits = field.dropFirst()
            guard digits.dropLast(8).allSatisfy({ $0 == 0 }), digits.suffix(8).first.map({ $0 < 0x80 }) == true else {
                return nil
            }
            return digits.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
        }
        let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        guard field[digits.endIndex...].allSatisfy({ $0 == 0 || $0 == 0x20 }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int64($1 - 0x30) }
    }

    // MARK: - Writing

    /// A plain file as artifacts have them: mode 0600, owner 0, time 0, so that equal content gives equal bytes.
    init(name: [UInt8], kind: Kind = .file, size: Int64) {
        self.name = name
        self.kind = kind
        self.size = size
        modified = 0
    }

    /// Largest size that the record itself can tell; others need an extended one before it.
    static let sizeLimit: Int64 = 1 << 33

    /// The record. Name and size must fit.
    func encoded() -> [UInt8] {
        precondition(name.count <= 100 && size < Self.sizeLimit, "an entry that needs an extended record")
        var block = [UInt8](repeating: 0, count: Self.length)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        put(name, at: 0)
        put(Self.octal(0o600, 7), at: 100)
        put(Self.octal(0, 7), at: 108)
        put(Self.octal(0, 7), at: 116)
        put(Self.octal(size, 11), at: 124)
        put(Self.octal(modified, 11), at: 136)
        block[156] = kind.rawValue
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(Self.octal(0, 7), at: 329)
        put(Self.octal(0, 7), at: 337)
        put(Self.octal(Self.sum(block), 6) + [0, 0x20], at: 148)
        return block
    }

    private static func octal(_ number: Int64, _ digits: Int) -> [UInt8] {
        (0..<digits).reversed().map { 0x30 + UInt8(number >> (3 * Int64($0)) & 7) }
    }

    /// Bytes that fill up the last record of so many bytes.
    static func padding(_ size: Int64) -> Int {
        Int((512 - size % 512) % 512)
    }
}
