/// Names of groups: `[A-Za-z0-9_-]{1,1024}` (docs/protocols/mender.md 12.3).
package enum GroupName {
    /// Whether a text is one.
    package static func isValid(_ text: String) -> Bool {
        (1...1024).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F
            }
    }
}
