internal import PKI
internal import Wire

extension SubjectAlternativeName {
    /// An address, a URI or else a DNS name, which may be of one label or begin with `*.` here: the operator knows the
    /// server's clients.
    ///
    /// - Throws: ``IssuingError/badWish(_:)``.
    static func read(_ text: String) throws(IssuingError) -> SubjectAlternativeName {
        if let address = Self.address(in: text) { return .address(address) }
        if isURI(text) { return .uri(text) }
        let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        do throws(HostNameProblem) {
            return .dns((text.hasPrefix("*.") ? "*." : "") + (try HostName.read(name)))
        } catch HostNameProblem.single {
            return .dns(text.hasSuffix(".") ? String(text.dropLast()) : text)
        } catch {
            throw .badWish("the name \"\(text)\" \(error.message)")
        }
    }

    /// A scheme and what follows it (RFC 3986 section 3). A host with a port is none, though it has the form of one.
    private static func isURI(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].first, isLetter(first), !parts[1].isEmpty else { return false }
        guard !(parts[1].count <= 5 && parts[1].allSatisfy(isDigit)) else { return false }
        let isScheme = parts[0].allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
        // Unreserved, reserved and percent-encoded characters (section 2).
        let isRest = parts[1].allSatisfy {
            isLetter($0) || isDigit($0) || "-._~:/?#[]@!$&'()*+,;=%".utf8.contains($0)
        }
        return isScheme && isRest
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
