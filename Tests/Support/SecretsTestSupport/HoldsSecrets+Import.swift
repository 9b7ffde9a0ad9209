internal import Journal
internal import JournalTestSupport
package import Secrets

extension HoldsSecrets {
    /// Imports a file with secrets.
    package func importSecrets(
        _ text: String, change: (inout ImportOptions) -> Void = { _ in }
    ) async throws -> ImportResult {
        var options = ImportOptions(source: "test.csv")
        change(&options)
        let job = try await SecretImport(into: secrets, for: holders, options: options, folder: folder.path)
        try await job.feed(Array(text.utf8))
        return try await job.finish(by: .hub)
    }
}
