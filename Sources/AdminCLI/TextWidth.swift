/// How much room text takes on a terminal.
enum TextWidth {
    /// As much of a line as fits into so many columns.
    static func cut(_ line: String, _ columns: Int) -> String {
        var left = columns
        var kept = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            left -= width(of: scalar)
            guard left >= 0 else { break }
            kept.append(scalar)
        }
        return String(kept)
    }

    /// Columns of one scalar: 0 for marks on the one before, 2 for wide ones.
    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: 0
        default: wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// East Asian wide characters and pictures, roughly: a range too many leaves a column empty, nothing worse.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]
}
