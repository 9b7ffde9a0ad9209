internal import Journal
package import Secrets

extension HoldsRecords {
    /// Imports a file with secrets.
    package func importSecrets(
        _ text: String, change: (inout ImportOptions) -> Void = { _ in }
    ) async throws -> ImportResult {
        var options = ImportOptions(source: "test.csv")
        change(&options)
        let secrets = try await SecretImport(
            into: rooms.secrets, for: rooms.devices, options: options, folder: folder.path)
        try await secrets.feed(Array(text.utf8))
        return try await secrets.finish(by: .hub)
    }
}
