/// Secrets of devices, one by one and as files.
package enum SecretEndpoints {
    package static let list = AdminEndpoint<NoParameters, PageQuery, NoContent, AdminPage<AdminSecret>>(
        .get, "secrets")
    package static let export = AdminEndpoint<NoParameters, SecretExportQuery, NoContent, AdminPage<AdminSecret>>(
        .get, "secrets/export")
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminSecret, AdminSecret>(
        .post, "secrets", status: 201)
    package static let show = AdminEndpoint<String, NoQuery, NoContent, AdminSecret>(.get, "secrets/{id}")
    package static let unlock = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.post, "secrets/{id}/unlock")
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "secrets/{id}")

    /// Takes a CSV.
    package static let importFile = AdminEndpoint<NoParameters, ImportQuery, RawContent, AdminImportSummary>(
        .post, "secrets/import", contentType: "text/csv")
    /// The rows an import refused, as CSV.
    package static let importReport = AdminEndpoint<NumberText<Int64>, NoQuery, NoContent, RawContent>(
        .get, "secrets/imports/{n}/report")
}

package struct SecretExportQuery: PagedQuery {
    /// With the secrets themselves.
    package var withSecrets = false
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] { [.flag("secrets", \.withSecrets)] }

    package init() {}

    package init(withSecrets: Bool) { self.withSecrets = withSecrets }
}

package struct ImportQuery: EndpointQuery {
    /// What the audit trail calls the file.
    package var source: String?
    /// Import the good rows although others are refused.
    package var partial = false
    /// Check only.
    package var dryRun = false
    /// Also for devices that hold a certificate.
    package var replace = false
    /// Skip unknown columns.
    package var ignoreUnknown = false

    package static var fields: [QueryField<Self>] {
        [
            .text("source", \.source), .flag("partial", \.partial), .flag("dryRun", \.dryRun),
            .flag("replace", \.replace), .flag("ignoreUnknown", \.ignoreUnknown),
        ]
    }

    package init() {}
}
