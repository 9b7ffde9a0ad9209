/// One thing that can be configured.
package struct ConfigurationKey: Sendable {
    /// What a value looks like.
    package enum Kind: Sendable {
        case text, number, flag, texts
    }

    /// Dotted name as in the file: `listen.https` is also `HUB_LISTEN_HTTPS` and `--listen-https`.
    package let name: String
    /// What a value looks like.
    package let kind: Kind
    /// One line for `--help` and the manual.
    package let meaning: String
    /// Takes a value over; answers what is wrong with it.
    let apply: @Sendable (inout HubConfiguration, ConfigurationValue) -> String?
    /// The value in force, as text.
    package let show: @Sendable (HubConfiguration) -> String

    /// `--listen-https`.
    package var option: String { "--" + words.joined(separator: "-") }
    /// `HUB_LISTEN_HTTPS`.
    package var variable: String { "HUB_" + words.map { $0.uppercased() }.joined(separator: "_") }

    /// `secrets.validityDays` is the words secrets, validity, days. As the configuration library sees it, a word begins
    /// with an upper-case letter behind a lower-case one: `pkcs11Module` is one word.
    private var words: [String] {
        var words: [String] = [""]
        var isBehindLowercase = false
        for character in name {
            if character == "." || (isBehindLowercase && character.isUppercase) { words.append("") }
            if character != "." { words[words.count - 1] += character.lowercased() }
            isBehindLowercase = character.isLowercase
        }
        return words
    }
}

/// A value from whichever source, already of the right kind.
enum ConfigurationValue: Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case texts([String])

    var text: String { if case .text(let text) = self { text } else { "" } }
    var number: Int { if case .number(let number) = self { number } else { 0 } }
    var flag: Bool { if case .flag(let flag) = self { flag } else { false } }
    var texts: [String] { if case .texts(let texts) = self { texts } else { [] } }
}
