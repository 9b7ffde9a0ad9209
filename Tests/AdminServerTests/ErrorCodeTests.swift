internal import Administration
import Encoding
import ErrorSamples
import Foundation
import HTTPTypes
import HubHTTP
import Hummingbird
internal import People
import Testing

@testable import Devices

@testable import AdminServer

/// docs/error-codes.md is the promise: this compares it with what the admin API says, row by row, in both directions.
@Suite struct ErrorCodeTests {
    /// What an operator gets for one error.
    struct Told {
        let status: HTTPResponse.Status
        let code: String
        let message: String
        let hint: String
    }

    private static let identity = DeviceIdentity(
        id: "6f1c6ba0-0000-4000-8000-000000000001", deviceID: "lamp-1", data: "{}", tier: "standard", createdAt: 0,
        updatedAt: 0, authSets: [])

    /// All errors of the hub's rooms an operator can meet: a login is none.
    static let errors: [any DomainError] =
        ErrorSamples.all.filter { !($0 is LoginError) && $0.kind != .fault } + [IdentityError.exists(identity)]
        + AdminError.samples + AdministrationError.samples

    /// What is refused whatever the route.
    static let common: [HTTPRefusal] = [
        .lost(.revoked), .lost(.ended), .foreignOrigin, .notJSON, .sentAsForm(instead: "text/csv"), .bodyTooLong,
        .notWebSocket, .webSocketVersion, .storeFull, .storeUnwritable, .fault,
    ]

    static func told() -> [Told] {
        let form = AdminForm()
        return (errors.map { form.refusal(of: $0) } + common).map { refusal in
            let answer = form.answer(refusal)
            let common = refusal as? HTTPRefusal
            let hint = (refusal as? OperatorRefusal)?.words.hint ?? common.map(OperatorWords.hint) ?? ""
            return Told(status: answer.status, code: refusal.code, message: refusal.message, hint: hint)
        }
    }

    /// Codes of the table, with their statuses.
    private static func documented() throws -> [(code: String, status: Int)] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/error-codes.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("|"), cells.count == 4, let status = Int(cells[1]) else { return nil }
            return (cells[0], status)
        }
    }

    @Test func everyCode_IsInTheTable_WithItsStatus() throws {
        let rows = Dictionary(
            try Self.documented().map { ($0.code, $0.status) }, uniquingKeysWith: { first, _ in first })
        for told in Self.told() {
            #expect(rows[told.code] == told.status.code, "\(told.code) \(told.status.code)")
        }
    }

    @Test func everyRowOfTheTable_IsACode() throws {
        let codes = Set(Self.told().map(\.code))
        let rows = try Self.documented().map(\.code)
        #expect(Set(rows).count == rows.count)
        for row in rows { #expect(codes.contains(row), "\(row) is said nowhere") }
    }

    /// Programs compare codes, people search for texts: neither changes without intent.
    @Test func words_AreThoseOfTheVectors() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Vectors/operator-words.txt")
        let kept = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let said = Self.told().map { told in
            "\(told.status.code) \(told.code) | \(told.message) | \(told.hint)".trimmingCharacters(in: .whitespaces)
        }
        for (line, wanted) in zip(said, kept) { #expect(line == wanted) }
        #expect(said.count == kept.count)
    }

    @Test func everyError_HasAWordOfItsOwn() throws {
        for error in Self.errors {
            let words = OperatorWords.of(error)
            #expect(words.code != error.kind.rawValue || words.code == "forbidden", "\(error)")
        }
    }
}
