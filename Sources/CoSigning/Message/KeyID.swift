/// Name of a key (`kid`): opaque text of 1 to 128 bytes, compared byte for byte (docs/protocols/cosign.md 1).
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// `nil` for text that is empty or too long.
    package init?(_ text: String) {
        guard (1...128).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    /// The first co-signer key of a project.
    package init?(coSignerOf project: String) {
        self.init("project/" + project)
    }

    package var description: String { text }

    package static func == (one: KeyID, other: KeyID) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
