internal import AdminAPI
internal import ArgumentParser
internal import Files
internal import Glibc
internal import Transport

struct ImportCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Import secrets from a CSV file in one transaction.",
        discussion: """
            The file may be of any size. Refused rows are listed with line, column and reason; the report can be
            corrected and imported again. Exits with 3 if only some rows were imported (--partial).

            Examples:
              oob import lamps.csv
              oob import lamps.csv --dry-run
              oob import - --partial --report refused.csv < lamps.csv
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "CSV file, - for standard input.") var file: String
    @Flag(help: "Check only; nothing is stored.") var dryRun = false
    @Flag(help: "Import the valid rows even if others are refused.") var partial = false
    @Flag(help: "Also set new secrets for devices that have a certificate.") var replace = false
    @Flag(help: "Skip unknown columns.") var ignoreUnknown = false
    @Option(help: "Where to write the report of refused rows.") var report: String?

    func work() async throws {
        let source = try InputSource(file)
        let progress = TransferProgress(total: source.size, isShown: Terminal.isWatched && !connection.json)
        let client = try connection.client()
        let summary = try await client.upload(
            SecretEndpoints.importFile(query: query),
            chunks: { writer in
                while let chunk = try source.next() { try await writer.write(chunk) }
            }, onProgress: { progress.update($0) })
        progress.finish()
        if let report, let path = summary.report { try await fetch(path, to: report, client) }
        try Output.show(summary, json: connection.json) { text(summary) }
        try conclude(summary)
    }

    private var query: ImportQuery {
        var query = ImportQuery()
        query.source = file == "-" ? "standard input" : String(file.split(separator: "/").last ?? "")
        query.dryRun = dryRun
        query.partial = partial
        query.replace = replace
        query.ignoreUnknown = ignoreUnknown
        return query
    }

    private func fetch(_ path: String, to file: String, _ client: AdminClient) async throws {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        // An older file of that name keeps its mode, and the report holds secrets.
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
            throw CommandFailure.failed("\(file) can't be written")
        }
        defer { close(descriptor) }
        try await client.download(path) { Terminal.write($0, to: descriptor) }
    }

    private func text(_ summary: AdminImportSummary) -> String {
        var lines = [
            "\(summary.rows) rows: \(summary.added) added, \(summary.replaced) replaced, \(summary.unchanged) unchanged, "
                + "\(summary.refused) refused"
        ]
        for refusal in summary.refusals {
            let column = refusal.column.isEmpty ? "" : " \(refusal.column)"
            lines.append(Terminal.plain("line \(refusal.line)\(column): \(refusal.reason)"))
        }
        if summary.refused > summary.refusals.count {
            lines.append("... and \(summary.refused - summary.refusals.count) more; --report FILE writes all of them")
        }
        if let path = report ?? summary.reportFile, summary.refused > 0 {
            // A report that was fetched is the operator's own file.
            let life = report == nil ? "; removed after 7 days" : ""
            lines.append(Terminal.plain("refused rows: \(path) (holds secrets\(life))"))
        }
        if let empty = summary.empty { lines.append("\(empty) rows of commas alone were skipped") }
        if summary.weak > 0 {
            lines.append(
                "\(summary.weak) secrets are easy to guess; strong ones have 20 or more characters (oob generate)")
        }
        if dryRun { lines.append("checked only, nothing was stored") }
        return lines.joined(separator: "\n")
    }

    private func conclude(_ summary: AdminImportSummary) throws {
        guard summary.refused > 0 else { return }
        if summary.isStored { throw CommandFailure.partly("\(summary.refused) rows were refused, the others imported") }
        guard !dryRun else { throw CommandFailure.failed("\(summary.refused) rows would be refused") }
        throw CommandFailure.failed(
            "nothing was imported; correct the refused rows, or import the others with --partial")
    }
}
