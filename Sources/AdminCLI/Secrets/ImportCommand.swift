internal import ArgumentParser
internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Synchronization
internal import Transport
internal import Wire

struct ImportCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Imports a CSV of secrets; one transaction a file.",
        discussion: """
            The file may be of any size. Refused rows are listed with line, column and reason; the report can be corrected and
            imported again. Ends with 3 when only a part was imported (--partial).

            Examples:
              oob import lamps.csv
              oob import lamps.csv --dry-run
              oob import - --partial --report refused.csv < lamps.csv
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "CSV file, - for standard input.") var file: String
    @Flag(help: "Check only; nothing is stored.") var dryRun = false
    @Flag(help: "Import the good rows although others are refused.") var partial = false
    @Flag(help: "Also give new secrets to devices that hold a certificate.") var replace = false
    @Flag(help: "Skip columns that are not known.") var ignoreUnknown = false
    @Option(help: "Where to write the report of refused rows.") var report: String?

    func work() async throws {
        let source = try FileSource(file)
        let progress = ImportProgress(total: source.size, isShown: Terminal.isWatched && !connection.json)
        let client = try connection.client()
        let summary = try await client.upload(
            AdminImportSummary.self, "/secrets/import", query, contentType: "text/csv",
            chunks: { writer in
                while let chunk = try source.next() { try await writer.write(chunk) }
            }, onProgress: { progress.update($0) })
        progress.finish()
        if let report, let path = summary.report { try await fetch(path, to: report, client) }
        try Output.show(summary, json: connection.json) { text(summary) }
        try conclude(summary)
    }

    private var query: [String: String] {
        var query = ["source": file == "-" ? "standard input" : String(file.split(separator: "/").last ?? "")]
        if dryRun { query["dryRun"] = "true" }
        if partial { query["partial"] = "true" }
        if replace { query["replace"] = "true" }
        if ignoreUnknown { query["ignoreUnknown"] = "true" }
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

/// A file or standard input, in chunks.
final class FileSource: Sendable {
    /// Bytes in all, `nil` when not known.
    let size: Int?
    private let descriptor: Int32

    init(_ path: String) throws {
        guard path != "-" else {
            descriptor = dup(STDIN_FILENO)
            size = nil
            return
        }
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure.failed("\(path) can't be read: \(unsafe String(cString: strerror(errno)))")
        }
        var information = stat()
        size = unsafe fstat(descriptor, &information) == 0 && information.st_size > 0 ? Int(information.st_size) : nil
    }

    deinit {
        close(descriptor)
    }

    /// The next part, `nil` at the end.
    func next() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure.failed("the file can't be read to its end") }
            guard count > 0 else { return nil }
            buffer.removeLast(buffer.count - count)
            return buffer
        }
    }
}

/// A bar with rate and remaining time on a watched terminal.
final class ImportProgress: Sendable {
    private let total: Int?
    private let isShown: Bool
    private let started = ContinuousClock.now
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(total: Int?, isShown: Bool) {
        self.total = total
        self.isShown = isShown
    }

    /// Shows how many bytes the hub has taken, ten times a second at most.
    func update(_ bytes: Int) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            guard last.map({ now - $0 > .milliseconds(100) }) ?? true else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let seconds = max(
            0.001, Double((now - started).components.attoseconds) / 1e18 + Double((now - started).components.seconds))
        let rate = Double(bytes) / seconds
        let speed = "\(Self.tenths(rate / 1e6)) MB/s"
        guard let total, total > 0 else { return Terminal.progress("\(Self.tenths(Double(bytes) / 1e6)) MB  \(speed)") }
        let share = min(1, Double(bytes) / Double(total))
        let filled = Int(share * 30)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        let remaining = Int((Double(total - bytes) / max(rate, 1)).rounded(.up))
        Terminal.progress("[\(bar)] \(Int(share * 100)) %  \(speed)  \(remaining) s left")
    }

    /// Takes the bar away.
    func finish() {
        if isShown { Terminal.progress("") }
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
