package import Devices
internal import Encoding
package import Journal
package import Logging
package import Presence
package import Updates
internal import Wire

/// What the links of devices work with.
package struct LinkServices: Sendable {
    let journal: Journal
    let presence: Presence
    let devices: Devices
    let linkKeys: LinkKeys
    let updates: Updates
    let artifacts: Artifacts
    let sink: ExtensionSink
    let backlogs = ConsoleBacklogs()
    let limits: LinkLimits
    let logger: Logger

    package init(
        journal: Journal, presence: Presence, devices: Devices, linkKeys: LinkKeys, health: Health,
        updates: Updates, artifacts: Artifacts, limits: LinkLimits = LinkLimits(), logger: Logger
    ) {
        (self.journal, self.presence, self.devices, self.linkKeys) = (journal, presence, devices, linkKeys)
        (self.updates, self.artifacts, self.limits) = (updates, artifacts, limits)
        sink = ExtensionSink(health: health, logger: logger)
        self.logger = logger
    }

    /// What runs on a device, as its join says; what it left out is taken from the artifact it names.
    func running(_ join: LinkJoin) async throws -> RunningFirmware {
        var firmware = join.firmware
        if !firmware.isComplete, !firmware.uuid.isEmpty,
            let known = try await artifacts.artifact(firmware: firmware.uuid)?.firmware
        {
            firmware = LinkFirmware(
                uuid: firmware.uuid, product: known.product, version: known.version, platform: known.platform,
                architecture: known.architecture)
        }
        func said(_ text: String) -> String? { text.isEmpty ? nil : text }
        return RunningFirmware(
            uuid: said(firmware.uuid), product: said(firmware.product), version: said(firmware.version),
            platform: said(firmware.platform), architecture: said(firmware.architecture),
            isValidated: join.isValidated, hasReverted: join.hasReverted, downloading: join.downloading,
            toolVersion: join.toolVersion, apiVersion: join.version.text)
    }

    /// Public keys of firmware and of archives, base64.
    func keys() async throws -> (firmware: [String], archive: [String]) {
        (try await artifacts.firmwareKeyTexts(), try await artifacts.archiveKeyTexts())
    }

    /// Pushes what a device may install now, if there is something. A device that can't be told now asks, or is told,
    /// when it joins again.
    ///
    /// - Returns: whether there was.
    @discardableResult func offer(_ link: NervesLink) async -> Bool {
        do {
            guard let update = try await next(link, .push) else { return false }
            return link.push(.device, "update", update)
        } catch {
            logger.error(
                "an update could not be offered", metadata: ["device": "\(link.device.text)", "error": "\(error)"])
            return false
        }
    }

    /// Tells a device who brings its updates (docs/protocols/device-link.md 9).
    func pushMode(to link: NervesLink) async {
        do {
            let settings = try await updates.settings(of: link.device.text)
            link.push(
                .device, "update_mode",
                .object([
                    .init("mode", .string(settings.mode.word)),
                    .init("managed_updates_allowed", .bool(settings.isManagedAllowed)),
                ]))
        } catch {
            logger.error(
                "an update mode could not be told", metadata: ["device": "\(link.device.text)", "error": "\(error)"])
        }
    }

    /// The payload of what a device is to install now; `nil` for nothing.
    func next(_ link: NervesLink, _ occasion: DeviceReport.Occasion) async throws -> JSONValue? {
        guard let report = link.report(occasion) else { return nil }
        do {
            guard let told = try await updates.next(link.device.text, report, by: link.requester),
                let artifact = told.artifact, let firmware = artifact.firmware
            else { return nil }
            let path = updates.firmwareLink(to: firmware.uuid, for: link.device.text).path
            return LinkUpdate.payload(
                artifact, firmware, url: link.origin + path, sums: try await artifacts.partChecksums(of: artifact),
                deployment: told.deployment.number)
        } catch UpdatesError.conflictingReport {
            // It installed something else by itself meanwhile; what it was to install has failed.
            return nil
        }
    }
}
