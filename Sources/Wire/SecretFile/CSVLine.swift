/// Writes CSV (RFC 4180).
package enum CSVLine {
    /// One row with its line end; fields are quoted where they have to be.
    package static func encode(_ fields: some Sequence<some Collection<UInt8>>) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let needsQuotes = field.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
            guard needsQuotes else {
                bytes += field
                continue
            }
            bytes.append(0x22)
            for byte in field { bytes += byte == 0x22 ? [byte, byte] : [byte] }
            bytes.append(0x22)
        }
        return bytes + [0x0A]
    }
}
