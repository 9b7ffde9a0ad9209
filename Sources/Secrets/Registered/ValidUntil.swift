internal import Encoding
internal import Journal

extension Secrets {
    /// The end of a secret's life as written in a post, a CSV field or on a command line.
    ///
    /// - Parameter text: RFC 3339 date (counts to its end, UTC) or date-time; empty for the default.
    /// - Returns: Unix seconds.
    /// - Throws: ``SecretsError/invalidValidUntil``.
    package func validUntil(_ text: String) throws(SecretsError) -> Int64 {
        guard !text.isEmpty else { return now() + limits.secretValiditySeconds }
        guard let seconds = RFC3339.seconds(Array(text.utf8)[...]) else { throw .invalidValidUntil }
        return seconds
    }
}
