/// What ends of tunnels say about themselves, as reports and records show it: they may say anything, at any length.
package enum TunnelText {
    /// Most characters that are shown of a name or a UUID.
    package static let limit = 64

    /// The beginning of a text. Counted in Unicode scalars: of what people see as one character there may be thousands.
    package static func shortened(_ text: String) -> String {
        guard text.utf8.count > limit else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }
}
