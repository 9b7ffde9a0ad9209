internal import BaseTestSupport
internal import Encoding
internal import Journal
internal import JournalTestSupport
internal import Secrets
internal import SecretsTestSupport
internal import Store
import Testing

/// Imports, posts, uses and sweeps in any order leave what a plain model says.
@Suite struct ImportModelTests {
    private struct Row {
        var deviceID: String
        var secret: String
        /// Unix seconds; `nil` for the default.
        var end: Int64?
    }

    private struct Kept {
        var secret: String
        var end: Int64
        var isSpent = false
    }

    private struct Counts: Equatable {
        var rows = 0, added = 0, replaced = 0, unchanged = 0, refused = 0, weak = 0
        var isStored = false
    }

    private static let ids = ["SK-1", "sk-1", "SK-10", "a", "A", "ab", "p1", "p2", "z"]
    private static let provisioned = ["p1", "p2"]
    private static let other = "hub.local"
    private static let secrets = ["123456", "another-1", "LABELTEXTLABELTEXTLABELTEXT", "with \"quotes\", and é"]

    private struct Model {
        var kept: [[UInt8]: Kept] = [:]
        var now: Int64
        let life: Int64

        /// What an import of a file does.
        mutating func take(_ rows: [Row], _ options: ImportOptions) -> Counts {
            var (counts, changed, seen) = (Counts(), kept, Set<[UInt8]>())
            for row in rows {
                counts.rows += 1
                let id = Array(row.deviceID.utf8)
                guard !row.secret.isEmpty, row.end ?? .max > now, row.deviceID != other else {
                    counts.refused += 1
                    continue
                }
                if row.secret.utf8.count < 20 { counts.weak += 1 }
                guard seen.insert(id).inserted else {
                    counts.refused += 1
                    continue
                }
                let known = kept[id]
                if let known, known.secret == row.secret, row.end ?? known.end == known.end {
                    counts.unchanged += 1
                } else if !options.replace, provisioned.contains(where: { Array($0.utf8) == id }) {
                    counts.refused += 1
                } else {
                    if known == nil { counts.added += 1 } else { counts.replaced += 1 }
                    changed[id] = Kept(secret: row.secret, end: row.end ?? now + life)
                }
            }
            counts.isStored = !options.dryRun && (counts.refused == 0 || options.partial)
            if counts.isStored { kept = changed }
            return counts
        }

        /// What an operator is shown.
        var listing: [String] {
            kept.filter { !$0.value.isSpent }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                .map { "\(Hex.encode($0.key)) \($0.value.secret) \($0.value.end)" }
        }
    }

    private static func row(_ model: Model, _ random: inout SeededGenerator) -> Row {
        var row = Row(deviceID: random.pick(ids), secret: random.pick(secrets))
        switch Int.random(in: 0..<16, using: &random) {
        case 0: row.secret = ""
        case 1: row.end = model.now
        case 2: row.deviceID = other
        case 3...7: row.end = model.now + random.pick([1, 86_400, 10 * 86_400])
        default: break
        }
        return row
    }

    /// The rows as some program may write them.
    private static func file(_ rows: [Row], _ random: inout SeededGenerator) -> [UInt8] {
        let (columns, end) = (
            ["deviceID", "secret", "validUntil"].shuffled(using: &random), random.pick(["\n", "\r\n"])
        )
        var text = columns.joined(separator: ",") + end
        for row in rows {
            let fields = columns.map { column in
                switch column {
                case "deviceID": row.deviceID
                case "secret": row.secret
                default: row.end.map { RFC3339.text($0) } ?? ""
                }
            }
            let isQuoted = Bool.random(using: &random) || row.secret.contains("\"")
            text += fields.map { isQuoted ? "\"" + $0.replacing("\"", with: "\"\"") + "\"" : $0 }.joined(separator: ",")
            text += end
        }
        return Array(text.utf8)
    }

    private static func doImport(
        _ rig: SecretsRig, _ model: inout Model, _ random: inout SeededGenerator
    ) async throws {
        let rows = (0..<Int.random(in: 0...8, using: &random)).map { _ in row(model, &random) }
        var options = ImportOptions(source: "test.csv")
        options.partial = Bool.random(using: &random)
        options.replace = Bool.random(using: &random)
        options.dryRun = Int.random(in: 0..<6, using: &random) == 0
        let chosen = options
        let job = try await rig.begin { $0 = chosen }
        let pieces = Damage.pieces(of: file(rows, &random), upTo: 40, using: &random)
        for piece in pieces { try await job.feed(piece) }
        let result = try await job.finish(by: .hub)
        let counts = Counts(
            rows: result.rows, added: result.added, replaced: result.replaced, unchanged: result.unchanged,
            refused: result.refused, weak: result.weak, isStored: result.isStored)
        #expect(counts == model.take(rows, options), "\(rows) \(options)")
    }

    /// Something other than an import.
    private static func doElse(_ rig: SecretsRig, _ model: inout Model, _ random: inout SeededGenerator) async throws {
        let id = random.pick(ids)
        let key = Array(id.utf8)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let (secret, life) = (random.pick(secrets), random.pick([1, 86_400]) as Int64)
            try await rig.addSecret(secret, for: id, life: life)
            model.kept[key] = Kept(secret: secret, end: model.now + life)
        case 1 where model.kept[key] == nil:
            await #expect(throws: SecretsError.unknownSecret(id)) {
                try await rig.secrets.removeSecret(of: id, by: .hub)
            }
        case 1:
            try await rig.secrets.removeSecret(of: id, by: .hub)
            model.kept[key] = nil
        case 2:
            let secret = try await rig.secret(of: id).secret
            let kept = model.kept[key].flatMap { $0.isSpent || $0.end < model.now ? nil : $0 }
            #expect(secret.map { String(decoding: $0.value, as: UTF8.self) } == kept?.secret)
            guard let secret else { return }
            #expect(try await rig.use(secret))
            model.kept[key]?.isSpent = true
        default:
            let seconds = random.pick([1, 3600, 2 * 86_400]) as Int64
            rig.clock.advance(by: seconds)
            model.now += seconds
            try await rig.secrets.removeExpiredSecrets()
            model.kept = model.kept.filter { $0.value.end >= model.now }
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whateverHappens_TheListingIsTheModels(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let rig = try await SecretsRig(
            clock: ManualClock(at: 1_900_000_000),
            holders: .init(provisioned: Self.provisioned, others: [Self.other: "server"]))
        var model = Model(now: rig.clock.now, life: rig.secrets.limits.secretValiditySeconds)
        for step in 0..<60 {
            if Bool.random(using: &random) {
                try await Self.doImport(rig, &model, &random)
            } else {
                try await Self.doElse(rig, &model, &random)
            }
            let listed = try await rig.secrets.secrets(after: "", limit: 100, revealing: true)
            let shown = listed.map { "\(Hex.encode(Array($0.deviceID.utf8))) \($0.secret ?? "-") \($0.validUntil)" }
            try #require(shown == model.listing, "step \(step)")
            try #require(try await rig.secrets.secretCount() == model.listing.count, "step \(step)")
        }
    }
}
