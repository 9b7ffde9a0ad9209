internal import Encoding
internal import PKI

/// The member `manifest`: a SHA-256 for every file, one a line.
struct Manifest {
    /// Bytes as stored: what a signature covers.
    let bytes: [UInt8]
    private var open: [String: String] = [:]

    static let name = "manifest"

    /// Reads it. Every line is 64 lower-case digits, two spaces, a name, LF.
    init(reading bytes: [UInt8]) throws(ArtifactError) {
        self.bytes = bytes
        var rest = bytes[...]
        var number = 0
        while !rest.isEmpty {
            number += 1
            guard let end = rest.firstIndex(of: 0x0A) else { throw .badManifest(line: number) }
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            let digits = line.prefix(64)
            let isSum = digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            let separator = line.dropFirst(64).prefix(2)
            guard isSum, separator.elementsEqual([0x20, 0x20]), line.count > 66,
                let name = String(validating: line.dropFirst(66), as: UTF8.self)
            else { throw .badManifest(line: number) }
            guard open.updateValue(String(decoding: digits, as: UTF8.self), forKey: name) == nil else {
                throw .duplicate(ArtifactError.shown(name))
            }
            guard number <= ArtifactRules.files + 2 else {
                throw .tooMany("lines in the manifest", limit: ArtifactRules.files + 2)
            }
        }
    }

    /// Checks a file off.
    mutating func check(_ name: String, sum: [UInt8]) throws(ArtifactError) {
        guard let listed = open.removeValue(forKey: name) else { throw .notListed(ArtifactError.shown(name)) }
        guard listed == Hex.encode(sum) else { throw .checksumMismatch(ArtifactError.shown(name)) }
    }

    /// Refuses files that are listed and were not there.
    func finish() throws(ArtifactError) {
        guard let absent = open.keys.min() else { return }
        throw .listedButAbsent(ArtifactError.shown(absent))
    }

    /// The text for these files, sorted by name.
    static func encode(_ sums: [String: [UInt8]]) -> [UInt8] {
        let names = sums.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return names.flatMap { name in Array("\(Hex.encode(sums[name] ?? []))  \(name)\n".utf8) }
    }
}
