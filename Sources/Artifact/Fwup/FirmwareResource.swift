internal import Encoding

/// A file that `meta.conf` declares.
package struct FirmwareResource: Sendable, Equatable {
    /// As declared.
    package var title: String
    /// Bytes of data, of the hole behind it, of data, and so on; one number for a file without holes.
    package var lengths: [Int64]
    /// BLAKE2b-256 of its data; `nil` when none is declared.
    var hash: [UInt8]?
    /// Whether its member is a patch: length and hash are those of what the patch makes.
    package var isPatch = false

    static let entryLimit = 256
    /// Bytes with holes, 1 TiB.
    private static let lengthLimit: Int64 = 1 << 40

    /// Bytes without holes.
    package var data: Int64 { lengths.enumerated().reduce(0) { $1.offset.isMultiple(of: 2) ? $0 + $1.element : $0 } }
    /// Bytes with holes.
    package var total: Int64 { lengths.reduce(0, +) }
    /// The member that holds it.
    var memberName: String { title.hasPrefix("/") ? String(title.dropFirst()) : "data/" + title }

    static func lengths(_ words: [MetaWord], _ scanner: MetaScanner) throws(FirmwareError) -> [Int64] {
        guard words.count <= entryLimit else { throw scanner.failure("length has more than \(entryLimit) numbers") }
        var (lengths, total) = ([Int64](), Int64(0))
        for word in words {
            guard let length = number(word), length <= lengthLimit - total else {
                throw scanner.failure("length is not made of plain decimal numbers, or is more than 1 TiB")
            }
            total += length
            lengths.append(length)
        }
        return lengths.isEmpty ? [0] : lengths
    }

    /// A number without sign, prefix, and zeros before it.
    private static func number(_ word: MetaWord) -> Int64? {
        let digits = word.text.utf8
        guard (1...13).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.first != 0x30 || digits.count == 1
        else { return nil }
        return Int64(word.text)
    }

    static func hash(_ word: MetaWord, _ scanner: MetaScanner) throws(FirmwareError) -> [UInt8] {
        guard word.text.utf8.count == 64, word.text.utf8.allSatisfy({ !(0x41...0x46).contains($0) }),
            let hash = Hex.decode(word.text)
        else { throw scanner.failure("blake2b-256 is not 64 lower-case hexadecimal digits") }
        return hash
    }
}
