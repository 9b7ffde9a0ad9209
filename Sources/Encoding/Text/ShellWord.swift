/// Text as one word of a shell's command line (POSIX.1 section 2.2), for commands that messages recommend.
package enum ShellWord {
    /// The text itself where the shell takes it as it is, otherwise in single quotes.
    package static func quoted(_ text: String) -> String {
        guard text.isEmpty || !text.utf8.allSatisfy(isPlain) else { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._/:@%+,".utf8.contains(byte)
        }
    }
}
