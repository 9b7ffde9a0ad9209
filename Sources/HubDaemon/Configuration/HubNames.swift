internal import PKI

/// Names and addresses an operator gives the hub: they are in its certificate, so each has to be what can be there
/// (RFC 5280 4.2.1.6).
struct HubNames {
    /// DNS names in lower case without the dot of the root, addresses in their shortest spelling, each once, in the
    /// order given.
    private(set) var all: [String] = []
    /// What can't appear in a certificate, with its value.
    private(set) var problems: [String] = []

    init(reading texts: [String]) {
        for text in texts {
            do throws(HostNameProblem) {
                let address = SubjectAlternativeName.address(in: text)
                let name = if let address { address } else { try HostName.read(text).lowercased() }
                if !all.contains(name) { all.append(name) }
            } catch {
                problems.append("\"\(text)\" \(error.message)")
            }
        }
    }

    /// Names and addresses apart, as a certificate has them.
    static func split(_ all: [String]) -> (names: [String], addresses: [String]) {
        (
            all.filter { SubjectAlternativeName.address(in: $0) == nil },
            all.filter { SubjectAlternativeName.address(in: $0) != nil }
        )
    }

    /// The base of URLs in every certificate.
    @Sendable static func problem(ofPublicationURL url: String) -> String? {
        guard !url.isEmpty else { return nil }
        let isGood =
            url.hasPrefix("http://") && !url.hasSuffix("/") && url.utf8.count <= 200
            && !url.utf8.contains { $0 <= 0x20 || $0 == 0x7F }
        guard isGood else { return "\"\(url)\" must be http://HOST:PORT without a slash at the end" }
        guard !url.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let host = url.dropFirst(7).prefix { $0 != ":" && $0 != "/" }
        do throws(HostNameProblem) {
            _ = try HostName.read(String(host))
            return "\"\(url)\" is not ASCII; percent-encode its path"
        } catch {
            return "\"\(url)\" \(error.message)"
        }
    }
}
