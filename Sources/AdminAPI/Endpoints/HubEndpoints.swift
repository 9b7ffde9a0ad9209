/// The hub itself.
package enum HubEndpoints {
    package static let status = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminStatus>(.get, "status")
    package static let checkConfiguration = AdminEndpoint<NoParameters, NoQuery, RawContent, AdminVerdict>(
        .post, "config/check", contentType: "application/yaml")
    /// Answers with the encrypted backup.
    package static let backup = AdminEndpoint<NoParameters, NoQuery, AdminBackup, RawContent>(.post, "backup")
}

/// Services of the directory.
package enum ServiceEndpoints {
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminService>>(
        .get, "services")
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminService, AdminService>(
        .post, "services", status: 201)
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "services/{name}")
}

/// What monitoring asks: plain text at the root, so that any tool reads it.
package enum MonitorEndpoints {
    package static let health = AdminEndpoint<NoParameters, NoQuery, NoContent, RawContent>(.get, "healthz", base: "")
    package static let readiness = AdminEndpoint<NoParameters, NoQuery, NoContent, RawContent>(.get, "readyz", base: "")
    package static let metrics = AdminEndpoint<NoParameters, NoQuery, NoContent, RawContent>(.get, "metrics", base: "")
}
