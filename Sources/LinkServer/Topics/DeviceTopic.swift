internal import Encoding
internal import Journal
internal import Presence
internal import Updates
internal import Wire

/// The topic `device`: who the device is, and what it reports (docs/protocols/device-link.md 6).
extension LinkConversation {
    /// Takes a join: writes down what runs on the device, answers, and tells what the device asked for, in the order
    /// that clients expect (docs/protocols/device-link.md 6.2).
    func joinDevice(_ join: LinkJoin, _ ref: PhoenixFrame.Reference?) async throws {
        let running = try await services.running(join)
        try await services.updates.joined(link.device.text, running: running, by: link.requester)
        link.note(join, running)
        link.join(.device, ref)
        let keys = try await services.keys()
        link.push(keys.firmware, of: .firmware)
        link.push(keys.archive, of: .archive)
        await services.pushArchive(to: link)
        if join.version >= .hasExtensions {
            link.push(.device, "extensions:get", LinkExtension.advertisement(services.limits.extensions.offered))
        }
        if link.knowsModes { await services.pushMode(to: link) }
        link.greeted()
        await services.offer(link)
    }

    /// Takes an event; what nobody knows, and what is not as it should be, is passed over.
    func receive(device event: String, _ payload: JSONValue, _ ref: PhoenixFrame.Reference?) async throws {
        let device = link.device.text
        switch event {
        case "status_update": try await report(LinkStatus(status: payload))
        case "fwup_progress", "update_progress": try await report(LinkStatus(progress: payload))
        case "firmware_validated":
            link.noteValidation()
            try await services.updates.validated(device, by: link.requester)
        case "rebooting":
            guard link.mayNoteReboot(at: services.journal.steady()) else { return }
            try await services.journal.audit("link.rebooting", device, by: link.requester)
        case "report_network_interface":
            if let interface = LinkInterface(payload) { await services.sink.keep(.interface(interface), of: device) }
        case "connection_types":
            guard let types = LinkInterface.types(payload) else { return }
            await services.sink.keep(.connectionTypes(types), of: device)
        case "scripts/run": link.scripts.receive(payload)
        case "check_update_available": try await answerCheck(ref)
        case "check_update": try await checkUpdate()
        case "request_update": try await requestUpdate()
        case "set_update_mode":
            guard let mode = payload["mode"]?.string.flatMap(UpdateMode.init(word:)) else { return }
            _ = try await services.updates.requestMode(mode, of: device, by: link.requester)
            await services.pushMode(to: link)
        default: break
        }
    }

    private func report(_ status: LinkStatus?) async throws {
        guard let status else { return }
        try await services.updates.report(status, device: link.device.text, by: link.requester)
    }

    // MARK: - Updates that the device asks for (docs/protocols/device-link.md 9)

    /// What is there, without taking it; never a URL.
    private func checkUpdate() async throws {
        guard let report = link.report(.request) else { return }
        let firmware = try await services.updates.available(link.device.text, report)?.artifact?.firmware
        link.push(
            .device, "update_available",
            .object([
                .init("available", .bool(firmware != nil)),
                .init("firmware_meta", firmware.map { LinkUpdate.firmware($0) } ?? .null),
            ]))
    }

    private func requestUpdate() async throws {
        guard let update = try await services.next(link, .request) else {
            return _ = link.push(
                .device, "update_rejected",
                .object([.init("reason", .string("busy")), .init("delay_for", .number("5"))]))
        }
        link.push(.device, "update", update)
    }

    /// Asked by no known client, but answered by NervesHub.
    private func answerCheck(_ ref: PhoenixFrame.Reference?) async throws {
        let update = try await services.next(link, .request)
        link.reply(.device, ref, update ?? .object([.init("update_available", .bool(false))]))
    }
}
