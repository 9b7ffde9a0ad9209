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
        bytes = row.deviceID + row.secret
        idLength = row.deviceID.count
        validUntil = row.validUntil ?? defaultValidUntil
        hasOwnEnd = row.validUntil != nil
        let isPlain = row.ou == nil && row.deviceType == nil && row.pairing == nil && row.tags == nil && row.note == nil
        extra = isPlain ? nil : Extra(row)
    }

    func isSameDevice(as other: StagedSecret) -> Bool { deviceID == other.deviceID }

    /// The table's order, then the file's.
    func precedes(_ other: StagedSecret) -> Bool {
        let count = min(idLength, other.idLength)
        for index in 0..<count where bytes[index] != other.bytes[index] { return bytes[index] < other.bytes[index] }
        return idLength == other.idLength ? line < other.line : idLength < other.idLength
    }

    /// The row as it stood in the file, for the report.
    func fields(for header: SecretFileHeader?) -> [[UInt8]] {
        (header?.names ?? []).map { name in
            switch SecretColumn(rawValue: name) {
            case .deviceID: Array(deviceID)
            case .secret: Array(secret)
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
