internal import Encoding
internal import PKI
internal import Wire

/// A good row on its way into the store.
struct StagedSecret: Sendable {
    let line: Int
    /// ID and secret in one piece: an import holds many rows at once.
    private let bytes: [UInt8]
    private let idLength: Int
    let validUntil: Int64
    let hasOwnEnd: Bool
    let extra: Extra?

    /// Columns that most files do not have; apart, so that a row stays small.
    final class Extra: Sendable {
        let ou, deviceType, pairing, tags, note: String?

        init(_ row: SecretRow) {
            (ou, deviceType, pairing, tags, note) = (row.ou, row.deviceType, row.pairing, row.tags, row.note)
        }
    }

    /// UTF-8 of the device ID.
    var deviceID: ArraySlice<UInt8> { bytes[..<idLength] }
    /// UTF-8 of the secret.
    var secret: ArraySlice<UInt8> { bytes[idLength...] }

    init(_ row: SecretRow, defaultValidUntil: Int64) {
        line = row.line
        bytes = row.deviceID + (row.record.map { Self.encoded($0) } ?? row.secret)
        idLength = row.deviceID.count
        validUntil = row.validUntil ?? defaultValidUntil
        hasOwnEnd = row.validUntil != nil
        let isPlain = row.ou == nil && row.deviceType == nil && row.pairing == nil && row.tags == nil && row.note == nil
        extra = isPlain ? nil : Extra(row)
    }

    /// A row's pairing record in its form at rest; the reader of rows checks lengths only, so numbers that are none
    /// stay as they are and are refused by ``isUsable``.
    private static func encoded(_ record: SecretRow.Record) -> [UInt8] {
        let made = try? PairingRecord(
            salt: record.salt, iterations: record.iterations, w0: SecretBytes(record.w0), l: record.point)
        return made.map { SecretMaterial(record: $0).encoded } ?? []
    }

    /// False for a pairing record whose numbers can't be used.
    var isUsable: Bool { bytes.count > idLength }

    private var record: PairingRecord? { SecretMaterial(Array(secret))?.record }

    func isSameDevice(as other: StagedSecret) -> Bool { deviceID == other.deviceID }  // bytes

    /// The table's order, then the file's.
    func precedes(_ other: StagedSecret) -> Bool {
        let count = min(idLength, other.idLength)
        for index in 0..<count where bytes[index] != other.bytes[index] { return bytes[index] < other.bytes[index] }
        return idLength == other.idLength ? line < other.line : idLength < other.idLength
    }

    /// The row as it was in the file, for the report.
    func fields(for header: SecretFileHeader?) -> [[UInt8]] {
        (header?.names ?? []).map { name in
            switch SecretColumn(rawValue: name) {
            case .deviceID: Array(deviceID)
            case .secret: secret.first == 0xFF ? [] : Array(secret)
            case .salt: record.map { Array(Hex.encode($0.salt).utf8) } ?? []
            case .iterations: record.map { Array("\($0.iterations)".utf8) } ?? []
            case .w0: record.map { Array(Hex.encode($0.w0.copy).utf8) } ?? []
            case .registrationPoint: record.map { Array(Hex.encode($0.l).utf8) } ?? []
            case .validUntil: hasOwnEnd ? Array(RFC3339.text(validUntil).utf8) : []
            case .ou: Array((extra?.ou ?? "").utf8)
            case .deviceType: Array((extra?.deviceType ?? "").utf8)
            case .pairing: Array((extra?.pairing ?? "").utf8)
            case .tags: Array((extra?.tags ?? "").utf8)
            case .note: Array((extra?.note ?? "").utf8)
            default: []
            }
        }
    }
}
