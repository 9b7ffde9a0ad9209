import Foundation
import Testing

/// A document of the checkout that tells commands.
struct Document {
    private let lines: [Substring]

    /// - Parameter path: below the checkout.
    init(_ path: String) throws {
        let text = try String(contentsOfFile: Program.root + "/" + path, encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The commands of the code block behind `<!-- step: NAME -->`.
    func step(_ name: String) throws -> String {
        let rest = lines.drop { $0 != "<!-- step: \(name) -->" }.dropFirst().drop { !$0.hasPrefix("```") }
        let block = rest.dropFirst().prefix { !$0.hasPrefix("```") }
        try #require(!block.isEmpty, "no step \(name)")
        return block.joined(separator: "\n")
    }
}
