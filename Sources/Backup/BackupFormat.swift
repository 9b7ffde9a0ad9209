internal import PKI

// The form of a backup, version 1 (docs/backup-format.md):
//
//     magic "LATCHKEYBACKUP" (14) · version 1 (1) · scrypt exponent (1) · salt (16)
//     then chunks: isLast (1) · length of what follows (4) · AES-256-GCM nonce, ciphertext, tag
//
// Every chunk authenticates the header, its number and whether it is the last, so nothing can be cut off, exchanged or
// added. The plaintext of all chunks is one stream of entries: length of the name (2) · name · mode (2) · size (8) ·
// bytes.

/// The beginning of a backup: what turns the passphrase into the key.
struct BackupHeader: Sendable {
    static let magic = Array("LATCHKEYBACKUP".utf8)
    static let length = 32
    /// 2^17 blocks of 1 KiB: 128 MiB and some 300 ms a guess.
    static let costExponent: UInt8 = 17
    private static let costRange: ClosedRange<UInt8> = 10...18

    let bytes: [UInt8]
    private let costExponent: UInt8
    private let salt: [UInt8]

    init() {
        salt = SecureRandom.bytes(16)
        costExponent = Self.costExponent
        bytes = Self.magic + [1, costExponent] + salt
    }

    init(reading bytes: [UInt8]) throws(BackupError) {
        guard bytes.count == Self.length, bytes.starts(with: Self.magic) else { throw .notABackup }
        guard bytes[14] == 1, Self.costRange.contains(bytes[15]) else { throw .unsupported }
        self.bytes = bytes
        costExponent = bytes[15]
        salt = Array(bytes[16...])
    }

    func key(_ passphrase: String) -> SealingKey {
        Scrypt.key(passphrase, salt: salt, costExponent: Int(costExponent))
    }
}

/// Chunks of one backup, in order.
struct BackupChunks {
    /// Bytes of a chunk's plaintext.
    static let length = 65_536
    /// Longest sealed form of one.
    static let sealedLimit = length + 64

    private let header: [UInt8]
    private let key: SealingKey
    private(set) var number: UInt64 = 0

    init(header: [UInt8], key: SealingKey) {
        self.header = header
        self.key = key
    }

    mutating func seal(_ plain: [UInt8], isLast: Bool) -> [UInt8] {
        let sealed = key.seal(plain, context: context(isLast))
        number += 1
        return [isLast ? 1 : 0] + bigEndian(UInt64(sealed.count), 4) + sealed
    }

    mutating func open(_ sealed: [UInt8], isLast: Bool) throws(BackupError) -> [UInt8] {
        guard let plain = try? key.open(sealed, context: context(isLast)) else {
            throw number == 0 ? .wrongPassphrase : .damaged
        }
        number += 1
        return plain
    }

    private func context(_ isLast: Bool) -> [UInt8] { header + bigEndian(number, 8) + [isLast ? 1 : 0] }
}

/// A number of so many octets, most significant first.
func bigEndian(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
}

/// One file of a hub's state.
package struct BackupEntry: Sendable, Equatable {
    /// Path below the state folder.
    package let name: String
    package let mode: UInt32
    /// Bytes.
    package let size: Int64

    package init(name: String, mode: UInt32, size: Int64) {
        self.name = name
        self.mode = mode
        self.size = size
    }

    /// What the hub writes about the backup itself.
    package static let manifest = "manifest.json"
    package static let database = "hub.db"

    /// Whether a hub's state has a place for it: everything else in a file is the work of somebody else.
    package var isRestorable: Bool {
        if name == Self.manifest || name == Self.database || name == "keys/store.key" { return true }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        let isPlain = parts[1].utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E
        }
        switch parts[0] {
        case "ca": return isPlain && (parts[1].hasSuffix(".crt") || parts[1].hasSuffix(".key")) && parts[1].count <= 64
        case "artifacts": return parts[1].utf8.count == 64 && parts[1].allSatisfy(\.isHexDigit)
        default: return false
        }
    }
}
