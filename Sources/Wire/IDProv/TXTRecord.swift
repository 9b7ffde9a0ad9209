package import Encoding

/// The TXT strings of the DNS-SD record (docs/protocols/idprov.md 2).
package enum TXTRecord {
    /// The strings to publish: both key spellings with the same value, the version of the record, and the hint that
    /// the hub pairs by SPAKE2+.
    package static func strings(path: String = IDProv.directoryPath) -> [String] {
        ["txtvers=1", "path=\(path)", "directory=\(path)", "pake=1"]
    }

    /// The path of the directory. Precedence: `path`, then `directory`, then the default; keys without regard to case,
    /// the first of duplicates wins, split at the first `=`. Throws ``MessageError/notALocation`` for a URL and for
    /// anything that cannot be in a request line.
    package static func directoryPath(_ strings: [String]) throws(MessageError) -> String {
        guard let value = value(of: "path", in: strings) ?? value(of: "directory", in: strings) else {
            return IDProv.directoryPath
        }
        guard value.range("://") == nil else { throw .notALocation }
        return try HTTPSLocation.checkedPath(Array(value.utf8))
    }

    /// The value of a key; nil when absent or empty.
    static func value(of key: String, in strings: [String]) -> String? {
        let wanted = Array(key.utf8)
        for string in strings {
            let bytes = Array(string.utf8)
            guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), equals == wanted.count else { continue }
            let name = bytes[..<equals].map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
            guard name == wanted else { continue }
            let value = bytes[(equals + 1)...]
            return value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
        }
        return nil
    }
}
