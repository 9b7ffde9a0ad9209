internal import Encoding
internal import Logging
internal import Synchronization
internal import Updates
internal import Wire

/// What a device is told of an archive (docs/protocols/device-link.md 10).
enum LinkArchive {
    /// Seconds the address of an archive counts.
    static let seconds: Int64 = 3600

    /// The payload of `archive`.
    ///
    /// - Parameter url: where the file is fetched; it carries its own authority.
    static func payload(_ artifact: StoredArtifact, _ firmware: Firmware, url: String) -> JSONValue {
        // Without zone, as NervesHub writes it; it is UTC.
        let uploaded = RFC3339.text(artifact.modifiedAt)
        return .object([
            .init("uuid", .string(firmware.uuid)), .init("version", .string(firmware.version)),
            .init("size", .number("\(artifact.size)")),
            .init("description", .string(firmware.description ?? "")),
            .init("platform", .string(firmware.platform)), .init("architecture", .string(firmware.architecture)),
            .init("uploaded_at", .string(uploaded.hasSuffix("Z") ? String(uploaded.dropLast()) : uploaded)),
            .init("url", .string(url)),
        ])
    }
}

/// Which archive went over a link last: the same one is not sent again.
final class SentArchive: Sendable {
    private let uuid = Mutex<String?>(nil)

    /// Whether it is another one than the last; it is the last one from now on.
    func isNew(_ uuid: String) -> Bool {
        self.uuid.withLock { last in
            defer { last = uuid }
            return last != uuid
        }
    }

    /// The device begins anew.
    func forget() {
        uuid.withLock { $0 = nil }
    }
}

extension LinkServices {
    /// Tells a device of the newest archive that applies to it, when there is one that it was not told of.
    func pushArchive(to link: NervesLink) async {
        guard let running = link.archiveTaker else { return }
        do {
            guard let artifact = try await updates.archive(for: link.device.text, running),
                let firmware = artifact.firmware, link.sentArchive.isNew(firmware.uuid)
            else { return }
            // A link of more than the configured time is worth nothing.
            let path = updates.firmwareLink(
                to: firmware.uuid, for: link.device.text, seconds: min(LinkArchive.seconds, updates.limits.linkSeconds)
            ).path
            link.push(.device, "archive", LinkArchive.payload(artifact, firmware, url: link.origin + path))
        } catch {
            logger.error(
                "an archive could not be told", metadata: ["device": "\(link.device.text)", "error": "\(error)"])
        }
    }
}
