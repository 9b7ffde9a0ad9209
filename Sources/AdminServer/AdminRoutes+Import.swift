internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Secrets

extension AdminRoutes {
    /// A CSV as it comes, of any size: the hub reads and checks it while it arrives, so the sender is held back, not
    /// the memory filled.
    func addImport(to group: RouterGroup<HubContext>) {
        group.serve(SecretEndpoints.importFile) { asked in
            try FormType.refuse(asked.request, instead: SecretEndpoints.importFile.contentType)
            var options = ImportOptions(source: Self.plainName(asked.query.source ?? "upload"))
            options.partial = asked.query.partial
            options.dryRun = asked.query.dryRun
            options.replace = asked.query.replace
            options.ignoreUnknown = asked.query.ignoreUnknown
            let secrets = try await SecretImport(
                into: secrets, for: devices, options: options, folder: hub.daemon.importFolder)
            do {
                for try await chunk in asked.request.body { try await secrets.feed([UInt8](buffer: chunk)) }
            } catch {
                try await secrets.abandon()
                throw error
            }
            return AdminImportSummary(try await secrets.finish(by: asked.requester))
        }
        group.serve(SecretEndpoints.importReport) { asked in
            guard let number = asked.parameters.number else {
                throw AdminError.unknownReport(String(asked.parameters.text.prefix(20)))
            }
            return try await ReportResponse.make(
                file: "\(hub.daemon.importFolder)/\(number).report.csv", number: number)
        }
    }

    /// The name of a source goes into the audit trail: short and without control characters.
    private static func plainName(_ text: String) -> String {
        PlainText.of(text, limit: 128)
    }
}

extension AdminImportSummary {
    init(_ result: ImportResult) {
        self.init(
            rows: result.rows, added: result.added, replaced: result.replaced, unchanged: result.unchanged,
            refused: result.refused, weak: result.weak, isStored: result.isStored,
            refusals: result.refusals.map { AdminRefusal(line: $0.line, column: $0.column, reason: $0.reason) },
            report: result.reportFile.map { _ in SecretEndpoints.importReport(NumberText(result.number)).path })
        empty = result.empty > 0 ? result.empty : nil
        reportFile = result.reportFile
    }
}
