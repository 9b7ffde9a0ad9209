internal import FoundationEssentials

extension Registry {
    /// The end of a secret's life as written in a post, a CSV field or on a command line.
    ///
    /// - Parameter text: RFC 3339 date (counts to its end, UTC) or date-time; empty for the default.
    /// - Returns: Unix seconds.
    /// - Throws: ``RegistryError/invalidValidUntil``.
    package func validUntil(_ text: String) throws(RegistryError) -> Int64 {
        guard !text.isEmpty else { return now() + limits.secretValiditySeconds }
        guard text.utf8.count <= 40 else { throw .invalidValidUntil }
        let isDate = text.utf8.count == 10
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        guard let date = try? style.parse(isDate ? text + "T23:59:59Z" : text) else { throw .invalidValidUntil }
        return Int64(date.timeIntervalSince1970)
    }
}
