/// Text as one word of a shell's command line (POSIX.1 section 2.2), for commands that messages recommend.
package enum ShellWord {
    /// The text itself where the shell takes it as it is, otherwise in single quotes.
    package static func quoted(_ text: String) -> String {
        guard text.isEmpty || !text.utf8.allSatisfy(isPlain) else { return text }
        // By scalars: a combining mark behind a quote makes one character of both, and the shell still sees the quote.
        let parts = text.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
        return "'" + parts.joined(separator: #"'\''"#) + "'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._/:@%+,".utf8.contains(byte)
        }
    }
}
