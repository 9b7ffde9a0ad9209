internal import BaseTestSupport
import Encoding
import Testing

/// Words of commands that messages recommend: people paste them into a shell, as root.
@Suite struct ShellWordTests {
    @Test(arguments: ["d1", "/etc/latchkey.yaml", "user@host:22", "50%", "a+b,c", "-x", "_", "."])
    func plainWord_StaysAsItIs(text: String) {
        #expect(ShellWord.quoted(text) == text)
    }

    @Test(arguments: [
        ("", "''"), ("a b", "'a b'"), ("$HOME", "'$HOME'"), ("it's", #"'it'\''s'"#), ("'", #"''\'''"#),
        ("a;b", "'a;b'"), ("~", "'~'"), ("*", "'*'"), ("é", "'é'"),
    ])
    func otherWord_IsQuoted(text: String, word: String) {
        #expect(ShellWord.quoted(text) == word)
    }

    /// The shell gives back what was quoted, and does nothing else. A character that joins the quote before it to one
    /// of Swift's characters must not hide that quote.
    @Test(arguments: [
        "", "a b", "'", "''", "'; echo INJECTED; '", "$(echo INJECTED)", "`echo INJECTED`", "a\\'b", "\\", "\"",
        "a\nb", "!x", "#c", "&", "|", ">f", "{a,b}", "é'ü", "'\u{301}; echo INJECTED #", "a'\u{200D}$(echo INJECTED)'",
        "'\u{FE0F}`echo INJECTED`", "\u{1F}'\u{20DD}x", "=ls",
    ])
    func shell_ReadsTheWordBack(text: String) throws {
        let output = try ExternalProgram.run(
            "/bin/sh", ["-c", "printf %s " + ShellWord.quoted(text)], keepsErrors: true)
        #expect(output == Array(text.utf8))
    }
}
