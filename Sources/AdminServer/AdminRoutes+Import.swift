internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Registry

extension AdminRoutes {
    /// A CSV as it comes, of any size: the hub reads and checks it while it arrives, so the sender is held back, not
    /// the memory filled.
    func addImport(to group: RouterGroup<HubContext>) {
        group.post("secrets/import") { request, context in
            try FormType.refuse(request, instead: "text/csv")
            let query = request.uri.queryParameters
            var options = ImportOptions(source: Self.plainName(query.get("source") ?? "upload"))
            options.partial = query.get("partial") == "true"
            options.dryRun = query.get("dryRun") == "true"
            options.replace = query.get("replace") == "true"
            options.ignoreUnknown = query.get("ignoreUnknown") == "true"
            let secrets = try await SecretImport(
                into: registry.secrets, for: registry.devices, options: options, folder: operation.importFolder)
            do {
                for try await chunk in request.body { try await secrets.feed([UInt8](buffer: chunk)) }
            } catch {
                try await secrets.abandon()
                throw error
            }
            return try JSONBody.encode(AdminImportSummary(try await secrets.finish(by: context.peer.requester)))
        }
        group.get("secrets/imports/:number/report") { _, context in
            let text = try context.pathParameter("number")
            guard let number = Int64(text) else { throw AdminError.unknownReport(String(text.prefix(20))) }
            return try await ReportResponse.make(file: "\(operation.importFolder)/\(number).report.csv", number: number)
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
            report: result.reportFile.map { _ in "\(AdminAPI.base)/secrets/imports/\(result.number)/report" })
        empty = result.empty > 0 ? result.empty : nil
        reportFile = result.reportFile
    }
}
