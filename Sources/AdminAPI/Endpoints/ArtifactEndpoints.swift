/// What the hub keeps to install.
package enum ArtifactEndpoints {
    package static let list = AdminEndpoint<NoParameters, ArtifactQuery, NoContent, AdminPage<AdminArtifact>>(
        .get, "artifacts")
    package static let show = AdminEndpoint<String, NoQuery, NoContent, AdminArtifact>(.get, "artifacts/{id}")
    package static let download = AdminEndpoint<String, NoQuery, NoContent, RawContent>(
        .get, "artifacts/{id}/download")
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "artifacts/{id}")
    package static let prune = AdminEndpoint<NoParameters, NoQuery, AdminPrune, AdminPage<AdminArtifact>>(
        .post, "artifacts/prune")
}

/// Public keys that uploads of firmware are checked with and that devices are given.
package enum FirmwareKeyEndpoints {
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminFirmwareKey>>(
        .get, "artifacts/keys")
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminFirmwareKey, AdminFirmwareKey>(
        .post, "artifacts/keys", status: 201)
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "artifacts/keys/{name}")
}

/// Archives that devices are given beside their firmware.
package enum ArchiveEndpoints {
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminArchive>>(
        .get, "archives")
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminNewArchive, AdminArchive>(
        .post, "archives", status: 201)
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "archives/{id}")
}

package struct ArtifactQuery: PagedQuery {
    /// Only those of this release.
    package var release: String?
    /// Only those for this kind of device.
    package var deviceType: String?
    /// Only the one with this content.
    package var sha256: String?
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] {
        [.text("release", \.release), .text("deviceType", \.deviceType), .text("sha256", \.sha256)]
    }

    package init() {}

    package init(release: String? = nil, deviceType: String? = nil, sha256: String? = nil) {
        self.release = release
        self.deviceType = deviceType
        self.sha256 = sha256
    }
}

/// Artifacts on their way in.
package enum UploadEndpoints {
    package static let begin = AdminEndpoint<NoParameters, NoQuery, AdminUploadBegin, AdminUpload>(
        .post, "artifacts/uploads", status: 201)
    package static let show = AdminEndpoint<String, NoQuery, NoContent, AdminUpload>(.get, "artifacts/uploads/{id}")
    /// Takes the next bytes of the file.
    package static let append = AdminEndpoint<String, UploadQuery, RawContent, AdminUpload>(
        .patch, "artifacts/uploads/{id}", contentType: "application/octet-stream")
    package static let finish = AdminEndpoint<String, NoQuery, AdminUploadFinish, AdminArtifact>(
        .post, "artifacts/uploads/{id}/finish", status: 201)
    package static let abandon = AdminEndpoint<String, NoQuery, NoContent, NoContent>(
        .delete, "artifacts/uploads/{id}")
}

package struct UploadQuery: EndpointQuery {
    /// Bytes the upload has, in the sender's mind.
    package var offset: NumberText<Int64>?

    package static var fields: [QueryField<Self>] { [.number("offset", \.offset)] }

    package init() {}

    package init(offset: Int64) { self.offset = NumberText(offset) }
}
