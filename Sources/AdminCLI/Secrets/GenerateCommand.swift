internal import ArgumentParser
internal import PKI
internal import Wire

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Generate device IDs and strong secrets, as a CSV for oob import.",
        discussion: """
            The pattern holds one number in braces: {0001} counts from 1 with four digits. A secret is 26 random base32
            characters (130 bits).

            Example:
              oob generate 200 --pattern 'lamp-{0001}' > lamps.csv
            """)

    @Argument(help: "How many, 1 to 10,000,000.") var count: Int
    @Option(help: "IDs, with the first number in braces.") var pattern = "device-{0001}"
    @Option(help: "When they expire: RFC 3339 date or time.") var validUntil: String?

    func validate() throws {
        guard (1...10_000_000).contains(count) else { throw ValidationError("the number must be 1 to 10,000,000") }
        // The last ID is the longest.
        let last = try NumberedPattern(pattern).text(count - 1)
        if let problem = DeviceID.problem(in: last) { throw ValidationError("the ID \(last) \(problem.message)") }
    }

    func run() async throws {
        let pattern = try NumberedPattern(pattern)
        Terminal.print("deviceID,secret" + (validUntil == nil ? "" : ",validUntil"))
        var lines = ""
        for index in 0..<count {
            let fields = [pattern.text(index), Base32.secret()] + (validUntil.map { [$0] } ?? [])
            lines += CSVText.line(fields) + "\n"
            guard lines.utf8.count > 32_768 || index == count - 1 else { continue }
            Terminal.write(lines, to: 1)
            lines = ""
        }
    }
}

/// `lamp-{0001}`: text, first number with its width, text.
struct NumberedPattern {
    private let before: String
    private let after: String
    private let first: Int
    private let width: Int

    init(_ pattern: String) throws {
        guard let open = pattern.firstIndex(of: "{"), let close = pattern[open...].firstIndex(of: "}"),
            case let digits = pattern[pattern.index(after: open)..<close], digits.utf8.count <= 18,
            let first = Int(digits), first >= 0
        else { throw ValidationError("the pattern needs a number in braces, such as 'lamp-{0001}'") }
        before = String(pattern[..<open])
        after = String(pattern[pattern.index(after: close)...])
        self.first = first
        width = digits.count
    }

    func text(_ index: Int) -> String {
        let number = String(first + index)
        return before + String(repeating: "0", count: max(0, width - number.count)) + number + after
    }
}

/// RFC 4648 section 6, for people to type: no 0, 1, 8, 9.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// 26 random characters: 130 bits.
    static func secret() -> String {
        String(decoding: SecureRandom.bytes(26).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
    }
}
