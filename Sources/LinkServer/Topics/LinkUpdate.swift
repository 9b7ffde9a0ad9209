internal import Encoding
internal import Updates

/// What a device is told of an update (docs/protocols/device-link.md 7.1).
enum LinkUpdate {
    /// The payload of `update`.
    ///
    /// - Parameters:
    ///   - url: where the file is fetched; it carries its own authority.
    ///   - sums: SHA-256 of each part of 1 MiB, hexadecimal.
    ///   - deployment: its number.
    static func payload(
        _ artifact: StoredArtifact, _ firmware: Firmware, url: String, sums: [String], deployment: Int64
    ) -> JSONValue {
        .object([
            .init("update_available", .bool(true)),
            .init("firmware_url", .string(url)),
            .init("firmware_meta", self.firmware(firmware)),
            .init("size", .number("\(artifact.size)")),
            .init("checksum", .string(artifact.sha256.uppercased())),
            .init("partials_checksums", .array(sums.map { .string($0.uppercased()) })),
            .init("deployment_id", .number("\(deployment)")),
        ])
    }

    /// What is known of the firmware in it; `null` for what is not.
    static func firmware(_ firmware: Firmware) -> JSONValue {
        func text(_ value: String?) -> JSONValue { value.flatMap { $0.isEmpty ? nil : .string($0) } ?? .null }
        return .object([
            .init("uuid", text(firmware.uuid)), .init("product", text(firmware.product)),
            .init("version", text(firmware.version)), .init("platform", text(firmware.platform)),
            .init("architecture", text(firmware.architecture)), .init("author", text(firmware.author)),
            .init("description", text(firmware.description)),
            .init("vcs_identifier", text(firmware.vcsIdentifier)), .init("misc", text(firmware.misc)),
        ])
    }
}
