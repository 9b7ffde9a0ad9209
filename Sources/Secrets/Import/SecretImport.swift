internal import Foundation
package import Journal
internal import PKI
internal import Rules
internal import Store
internal import Wire

/// One import of a CSV of secrets, fed chunk by chunk.
///
/// Memory is bounded: rows are collected into runs of ``runLength``, sorted by device ID so that the table's pages are
/// touched in order, and inserted in small durable transactions, between which other writers have their turn. All rows
/// belong to a batch that stays invisible until ``finish()`` makes it visible with one statement; whatever ends the
/// import before that leaves nothing behind that is visible.
package actor SecretImport {
    /// Rows sorted together.
    static let runLength = 100_000
    /// Rows of one transaction: a millisecond or two of the writer's time, so that a provisioning beside it hardly
    /// waits.
    static let chunkLength = 200
    /// Refused rows that the result names.
    static let refusalsShown = 20

    private let secrets: Secrets
    private let holders: any SecretHolders
    private let options: ImportOptions
    private let report: ImportReport
    private let batch: Int64
    private let hasOthers: Bool
    /// Roles of the names that certificates bear which are not a device's.
    private let otherNames: [[UInt8]: String]
    private let defaultValidUntil: Int64
    private var csv = CSVReader()
    private var rows: SecretRowReader?
    private var header: SecretFileHeader?
    private var run: [StagedSecret] = []
    private var result = ImportResult()
    private var hasBytes = false

    /// Starts an import: its batch is registered as unfinished.
    ///
    /// - Parameter folder: where the report of refused rows is written.
    package init(
        into secrets: Secrets, for holders: any SecretHolders, options: ImportOptions, folder: String
    ) async throws {
        self.secrets = secrets
        self.holders = holders
        self.options = options
        let now = secrets.now()
        defaultValidUntil = now + secrets.limits.secretValiditySeconds
        (batch, hasOthers, otherNames) = try await secrets.store.write { db in
            let hasOthers = try SecretStore.hasAny(in: db)
            let batch = try ImportStore.begin(source: options.source, at: now, in: db)
            return (batch, hasOthers, try holders.namesOfOthers(in: db))
        }
        report = ImportReport(path: "\(folder)/\(batch).report.csv")
        result.number = batch
    }

    /// Takes the next bytes of the file.
    package func feed(_ chunk: [UInt8]) async throws {
        hasBytes = hasBytes || !chunk.isEmpty
        // The reader is fed in parts that can't hold more than a run, so that the run never grows much beyond its
        // length.
        for part in stride(from: 0, to: chunk.count, by: 65_536) {
            let bytes =
                part == 0 && chunk.count <= 65_536 ? chunk : Array(chunk[part..<min(part + 65_536, chunk.count)])
            try csv.feed(bytes) { row in try take(&row) }
            if run.count >= Self.runLength { try await flush() }
        }
    }

    /// Ends the file: everything becomes visible at once, or nothing.
    ///
    /// - Throws: ``ImportError``; then nothing was stored.
    package func finish(by requester: Requester) async throws -> ImportResult {
        do {
            try csv.finish { row in try take(&row) }
            guard hasBytes else { throw ImportError.badFile(SecretFileError.empty.message) }
            guard header != nil else { throw ImportError.badFile(SecretFileError.noHeader.message) }
            try await flush()
            // Before anything becomes visible: a report that can't be written would leave an import nobody was told of.
            try report.close(at: secrets.now())
            result.isStored = !options.dryRun && (result.refused == 0 || options.partial)
            if result.isStored { try await publish(by: requester) } else { try await abandon() }
        } catch {
            try? await abandon()
            throw error
        }
        result.reportFile = result.refused > 0 ? report.path : nil
        return result
    }

    /// Drops what was staged; nothing of it was ever visible.
    package func abandon() async throws {
        try await secrets.clearBatch(batch)
    }

    private func take(_ row: inout CSVRow) throws {
        guard !row.holdsNothing else {
            result.empty += 1
            return
        }
        guard header != nil else { return try takeHeader(row) }
        result.rows += 1
        do throws(RowRefusal) {
            guard let read = try rows?.read(row) else { return }
            if !otherNames.isEmpty, let ou = otherNames[read.deviceID] {
                throw RowRefusal(
                    line: read.line, column: "deviceID",
                    reason: "is the name of a certificate of OU \(ou); choose another")
            }
            let staged = StagedSecret(read, defaultValidUntil: defaultValidUntil)
            guard staged.isUsable else {
                throw RowRefusal(
                    line: read.line, column: "w0", reason: "w0 or L is not a valid number or point of P-256")
            }
            if read.record == nil, read.pairing != "spake2plus", SecretStrength.isWeak(read.secret) { result.weak += 1 }
            run.append(staged)
        } catch {
            if row.isCut { result.isReportWhole = false }
            try refuse(error, fields: (0..<row.count).map { Array(row[$0]) })
        }
    }

    private func takeHeader(_ row: CSVRow) throws {
        do {
            let header = try SecretFileHeader(row, ignoringUnknown: options.ignoreUnknown)
            self.header = header
            rows = SecretRowReader(header: header, now: secrets.now())
            report.begin(columns: header.names)
        } catch {
            throw ImportError.badFile(error.message)
        }
    }

    private func refuse(_ refusal: RowRefusal, fields: [[UInt8]]) throws {
        result.refused += 1
        if result.refusals.count < Self.refusalsShown {
            result.refusals.append(refusal)
        }
        try report.add(fields: fields, refusal)
    }

    /// Sorts a run and inserts it, a small transaction at a time.
    private func flush() async throws {
        var sorted: [StagedSecret] = []
        swap(&sorted, &run)
        sorted.sort { one, other in one.precedes(other) }
        var chunk: [StagedSecret] = []
        for secret in sorted {
            if let last = chunk.last, last.isSameDevice(as: secret) {
                try refuseDuplicate(secret)
                continue
            }
            // A full chunk waits for the next device, so that its last row still meets its duplicates.
            if chunk.count >= Self.chunkLength {
                try await insert(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
            chunk.append(secret)
        }
        if !chunk.isEmpty { try await insert(chunk) }
    }

    private func insert(_ chunk: [StagedSecret]) async throws {
        let secrets = secrets
        let sealed = chunk.map { secret in
            secrets.seal(Array(secret.secret), idBytes: Array(secret.deviceID))
        }
        let stager = SecretStager(
            secrets: secrets, batch: batch, comparesWithOthers: hasOthers,
            sparing: options.replace ? nil : holders.isProvisionedSQL)
        let outcome: SecretStager.Outcome
        do {
            outcome = try await secrets.store.write { db in try stager.insert(chunk, sealed: sealed, in: db) }
        } catch let error where WriteFault(error) != nil {
            throw ImportError.storeFull
        }
        result.added += outcome.added
        result.replaced += outcome.replaced
        result.unchanged += outcome.unchanged
        for place in outcome.duplicates { try refuseDuplicate(chunk[place]) }
        for place in outcome.provisioned {
            let row = chunk[place]
            try refuse(
                RowRefusal(
                    line: row.line, column: "secret",
                    reason: "the device is provisioned and has another secret; --replace gives it this one"),
                fields: row.fields(for: header))
        }
    }

    private func refuseDuplicate(_ secret: StagedSecret) throws {
        try refuse(
            RowRefusal(line: secret.line, column: "deviceID", reason: "the device is in this file twice"),
            fields: secret.fields(for: header))
    }

    private func publish(by requester: Requester) async throws {
        let (secrets, batch, result, source) = (secrets, batch, result, options.source)
        try await secrets.store.write { db in
            try ImportStore.end(batch, in: db)
            try GuessStore.remove(ofBatch: batch, in: db)
            try secrets.journal.audit(
                "secret.import", source, by: requester,
                detail: [
                    "import": "\(batch)", "added": "\(result.added)", "replaced": "\(result.replaced)",
                    "unchanged": "\(result.unchanged)", "refused": "\(result.refused)",
                ], in: db)
        }
    }
}
