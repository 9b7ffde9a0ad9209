internal import Wire

/// A good row on its way into the store.
struct StagedSecret: Sendable {
    let line: Int
    let deviceID: [UInt8]
    let secret: [UInt8]
    let sealed: [UInt8]
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

    init(_ row: SecretRow, sealed: [UInt8], defaultValidUntil: Int64) {
        line = row.line
        deviceID = row.deviceID
        secret = row.secret
        self.sealed = sealed
        validUntil = row.validUntil ?? defaultValidUntil
        hasOwnEnd = row.validUntil != nil
        let isPlain = row.ou == nil && row.deviceType == nil && row.pairing == nil && row.tags == nil && row.note == nil
        extra = isPlain ? nil : Extra(row)
    }

    private init(_ other: StagedSecret, sealed: [UInt8]) {
        (line, deviceID, secret) = (other.line, other.deviceID, other.secret)
        (validUntil, hasOwnEnd, extra) = (other.validUntil, other.hasOwnEnd, other.extra)
        self.sealed = sealed
    }

    func sealed(_ bytes: [UInt8]) -> StagedSecret { StagedSecret(self, sealed: bytes) }

    /// The table's order, then the file's.
    func precedes(_ other: StagedSecret) -> Bool {
        let count = min(deviceID.count, other.deviceID.count)
        for index in 0..<count where deviceID[index] != other.deviceID[index] {
            return deviceID[index] < other.deviceID[index]
        }
        return deviceID.count == other.deviceID.count ? line < other.line : deviceID.count < other.deviceID.count
    }

    /// The row as it stood in the file, for the report.
    func fields(for header: SecretFileHeader?) -> [[UInt8]] {
        (header?.names ?? []).map { name in
            switch SecretColumn(rawValue: name) {
            case .deviceID: deviceID
            case .secret: secret
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
