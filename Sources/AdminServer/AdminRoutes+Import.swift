internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Secrets
internal import Wire

extension AdminRoutes {
    /// A CSV as it comes, of any size: the hub reads and checks it while it arrives, so the sender is held back, not
    /// the memory filled.
    func addImport(to group: RouterGroup<HubContext>) {
        group.serve(SecretEndpoints.importFile) { request in
            try FormType.refuse(request.http, instead: SecretEndpoints.importFile.contentType)
            var options = ImportOptions(source: Self.plainName(request.query.source ?? "upload"))
            options.partial = request.query.partial
            options.dryRun = request.query.dryRun
            options.replace = request.query.replace
            options.ignoreUnknown = request.query.ignoreUnknown
            let secrets = try await SecretImport(
                into: secrets, for: devices, options: options, folder: hub.daemon.importFolder)
            do {
                for try await chunk in request.http.body { try await secrets.feed([UInt8](buffer: chunk)) }
            } catch {
                try await secrets.abandon()
                throw error
            }
            return AdminImportSummary(try await secrets.finish(by: request.requester))
        }
        group.serve(SecretEndpoints.importReport) { request in
            guard let number = request.parameters.number else {
                throw AdminError.unknownReport(String(request.parameters.text.prefix(20)))
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
