internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import Presence
internal import Wire

extension AdminRoutes {
    /// Who is connected, and what an operator does over a device's link.
    func addLinks(to group: RouterGroup<HubContext>) {
        group.serve(LinkEndpoints.list) { request in
            let paging = try Paging(request.query)
            // A device's links stay together: a page ends between two devices.
            let devices = presence.devices(after: paging.after, limit: paging.limit)
            return AdminPage(
                items: devices.flatMap { presence.links(of: $0) }.map { AdminLink($0) },
                after: devices.count == paging.limit ? devices.last?.text : nil)
        }
        group.serve(LinkEndpoints.ofDevice) { request in
            let device = try await known(request.parameters)
            return AdminPage(items: presence.links(of: device).map { AdminLink($0) }, after: nil)
        }
        group.serve(LinkEndpoints.events) { request in
            let history = presence.history
            guard let after = request.query.after?.number else {
                return AdminLinkEvents(last: history.last, events: [])
            }
            return AdminLinkEvents(
                last: history.last, events: history.events(after: after).map { AdminLinkEvent($0) })
        }
        group.serve(LinkEndpoints.disconnect) { request in
            let device = try await known(request.parameters)
            try await saying(device) { try presence.disconnect(device) }
            try await journal.audit("link.disconnect", device.text, by: request.requester)
        }
        addCommands(to: group)
    }

    private func addCommands(to group: RouterGroup<HubContext>) {
        let commands: [(AdminEndpoint<String, NoQuery, NoContent, NoContent>, LinkMessage, LinkAbilities)] = [
            (LinkEndpoints.reboot, .reboot, .reboot), (LinkEndpoints.identify, .identify, .identify),
        ]
        for (endpoint, message, ability) in commands {
            group.serve(endpoint) { request in
                let device = try await known(request.parameters)
                try await saying(device) {
                    try await presence.link(device, for: ability)
                        .tell(message, by: LinkVisitor(id: request.requester.name, requester: request.requester))
                }
            }
        }
        group.serve(LinkEndpoints.script) { request in
            let device = try await known(request.parameters)
            // The text in JSON takes up to six times its bytes.
            let script = try await request.body(limit: 6 * LinkScript.textLimit + 1024)
            if let seconds = script.timeoutSeconds, !(1...600).contains(seconds) {
                throw AdminError.badRequest("timeoutSeconds must be 1 to 600")
            }
            guard !script.text.isEmpty else { throw AdminError.badRequest("text must not be empty") }
            let result = try await saying(device) {
                try await presence.link(device, for: .scripts).run(
                    LinkScript(script.text, timeout: script.timeoutSeconds.map { .seconds($0) }),
                    by: LinkVisitor(id: request.requester.name, requester: request.requester))
            }
            return AdminScriptResult(
                deviceID: device.text, result: result.isCompleted ? "completed" : "error", output: result.output,
                value: result.value, reason: result.reason)
        }
    }

    /// Names the device that is not connected: of several that are asked, the answer must say which.
    private func saying<Value>(_ device: DeviceID, _ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch LinkError.notConnected {
            throw AdminError.notConnected(device.text)
        }
    }

    /// - Throws: ``DevicesError/unknownDevice(_:)``.
    private func known(_ id: String) async throws -> DeviceID { DeviceID(try await devices.device(id).id) }
}

extension AdminLink {
    init(_ connected: Presence.Connected) {
        self.init(
            deviceID: connected.link.device.text, protocol: connected.link.name, address: connected.link.address,
            since: RFC3339.text(connected.since), abilities: connected.link.abilities.words)
    }
}

extension AdminLinkEvent {
    init(_ event: LinkHistory.Event) {
        self.init(
            number: event.number, event: event.kind.rawValue, deviceID: event.device.text, protocol: event.name,
            address: event.address, at: RFC3339.text(event.at))
    }
}
