/// Shared secrets of the device link.
package enum LinkKeyEndpoints {
    package static let list = AdminEndpoint<NoParameters, PageQuery, NoContent, AdminPage<AdminLinkKey>>(
        .get, "link/keys")
    /// The only answer with a secret.
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminNewLinkKey, AdminLinkKey>(
        .post, "link/keys", status: 201)
    /// Takes the key, or a beginning of it that no other key has.
    package static let revoke = AdminEndpoint<String, NoQuery, NoContent, AdminLinkKey>(.delete, "link/keys/{key}")
}
