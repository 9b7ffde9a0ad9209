/// What `meta.conf` says that concerns a hub: its values, and the resources it declares (18.2, 18.5 step 9).
struct MetaConf {
    /// Values at the top by their keys, without empty ones.
    private(set) var values: [String: String] = [:]
    /// In their order.
    private(set) var resources: [FirmwareResource] = []

    private static let depthLimit = 8
    /// Sections that tell a device what to do; nothing in them concerns a hub.
    private static let skippedSections: Set<String> = ["task", "mbr", "gpt", "uboot-environment"]
    private static let forbidden: Set<String> = ["meta-uuid", "meta-nickname"]

    private var scanner: MetaScanner
    private var seen: Set<String> = []

    init(_ bytes: [UInt8]) throws(FirmwareError) {
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw .metadata(line: 1, "it is not UTF-8, or has a NUL")
        }
        scanner = MetaScanner(bytes)
        while let item = try next(depth: 0) { try take(item) }
        guard Set(resources.map(\.memberName)).count == resources.count else {
            throw .metadata(line: scanner.line, "a resource is declared twice")
        }
    }

    /// An item of a section.
    private enum Item {
        case value(String, [MetaWord], isList: Bool)
        case section(String, title: MetaWord?)
    }

    private mutating func take(_ item: Item) throws(FirmwareError) {
        switch item {
        case .value(let key, let words, let isList): try takeValue(key, words, isList: isList)
        case .section("file-resource", let title?): try takeResource(title)
        case .section(let name, _) where Self.skippedSections.contains(name): try skip(depth: 1)
        case .section: throw scanner.failure("there is a section that is not known")
        }
    }

    private mutating func takeValue(_ key: String, _ words: [MetaWord], isList: Bool) throws(FirmwareError) {
        guard !Self.forbidden.contains(key) else { throw scanner.failure("\(key) must not be set") }
        guard key.hasPrefix("meta-") else { return }
        guard seen.insert(key).inserted else { throw scanner.failure("\(ArtifactError.shown(key)) is set twice") }
        guard !isList, let word = words.first else { throw scanner.failure("\(ArtifactError.shown(key)) is a list") }
        guard !word.namesEnvironment else { throw scanner.failure("it names a variable of the environment") }
        if !word.text.isEmpty { values[key] = word.text }
    }

    private mutating func takeResource(_ title: MetaWord) throws(FirmwareError) {
        var (lengths, hash) = ([Int64]?.none, [UInt8]?.none)
        while let item = try next(depth: 1) {
            guard case .value(let key, let words, _) = item else {
                throw scanner.failure("a resource has a section")
            }
            switch key {
            case "length":
                guard lengths == nil else { throw scanner.failure("length is set twice") }
                lengths = try FirmwareResource.lengths(words, scanner)
            case "blake2b-256":
                guard hash == nil, words.count == 1, let digits = words.first else {
                    throw scanner.failure("blake2b-256 is set twice")
                }
                hash = try FirmwareResource.hash(digits, scanner)
            default: break
            }
        }
        resources.append(FirmwareResource(title: title.text, lengths: lengths ?? [0], hash: hash))
    }

    /// Passes over a section.
    private mutating func skip(depth: Int) throws(FirmwareError) {
        while let item = try next(depth: depth) {
            if case .section = item { try skip(depth: depth + 1) }
        }
    }

    /// The next item; `nil` where the section ends.
    private mutating func next(depth: Int) throws(FirmwareError) -> Item? {
        guard depth <= Self.depthLimit else { throw scanner.failure("sections are nested too deeply") }
        switch try scanner.next() {
        case .end where depth == 0: return nil
        case .close where depth > 0: return nil
        case .end: throw scanner.failure("a section does not end")
        case .word(let name) where !name.isQuoted: return try item(name.text)
        default: throw scanner.failure("a name is missing")
        }
    }

    private mutating func item(_ name: String) throws(FirmwareError) -> Item {
        let token = try scanner.next()
        switch token {
        case .open: return .section(name, title: nil)
        case .word(let title):
            guard !title.namesEnvironment else { throw scanner.failure("it names a variable of the environment") }
            guard try scanner.next() == .open else { throw scanner.failure("a section has no {") }
            return .section(name, title: title)
        case .openArguments: throw scanner.failure("functions are not allowed")
        case .equals, .plusEquals: break
        default: throw scanner.failure("a name is followed by neither = nor {")
        }
        switch try scanner.next() {
        case .word(let word) where token == .equals: return .value(name, [word], isList: false)
        case .open: return .value(name, try list(), isList: true)
        default: throw scanner.failure("a value is missing")
        }
    }

    /// The values of a list, to its end.
    private mutating func list() throws(FirmwareError) -> [MetaWord] {
        var words: [MetaWord] = []
        var token = try scanner.next()
        if token == .close { return [] }
        while case .word(let word) = token {
            words.append(word)
            let sign = try scanner.next()
            if sign == .close { return words }
            guard sign == .comma else { throw scanner.failure("a list does not end") }
            token = try scanner.next()
        }
        throw scanner.failure("a value is missing in a list")
    }
}
