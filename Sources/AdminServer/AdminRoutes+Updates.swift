internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import Updates

extension AdminRoutes {
    /// What holds for the updates of one device, and what is pushed to it.
    func addUpdates(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.updates) { request in
            _ = try await devices.device(request.parameters)
            return try await updateView(ofDevice: request.parameters)
        }
        group.serve(DeviceEndpoints.changeUpdates) { request in
            let id = request.parameters
            let change = try await request.body()
            _ = try await devices.device(id)
            let mode = try change.mode.map { word in
                guard let mode = UpdateMode(word: word) else {
                    let known = UpdateMode.allCases.map(\.word).joined(separator: ", ")
                    throw AdminError.badRequest("mode must be one of \(known)")
                }
                return mode
            }
            if let allowed = change.mayManage {
                try await updates.setManagedAllowed(allowed, of: id, by: request.requester)
            }
            if let mode { try await updates.setMode(mode, of: id, by: request.requester) }
            if let enabled = change.enabled { try await updates.setEnabled(enabled, of: id, by: request.requester) }
            if change.unblock == true { try await updates.unblock(id, by: request.requester) }
            return try await updateView(ofDevice: id)
        }
        group.serve(DeviceEndpoints.push) { request in
            let id = request.parameters
            let artifact = try await request.body().artifact
            _ = try await devices.device(id)
            return try await view(try await updates.push(artifact, to: id, by: request.requester))
        }
    }

    func updateView(ofDevice id: String) async throws -> AdminDeviceUpdates {
        let settings = try await updates.settings(of: id)
        var view = AdminDeviceUpdates(
            deviceID: id, enabled: settings.isEnabled, mode: settings.mode.word, mayManage: settings.isManagedAllowed,
            attempts: settings.attempts.map(RFC3339.text))
        view.blockedUntil = settings.waitsUntil(now: journal.now()).map(RFC3339.text)
        if let flight = settings.flight {
            var shown = AdminFlight(state: flight.state.word, changedAt: RFC3339.text(flight.changedAt))
            if let number = flight.deployment { shown.deploymentID = try await updates.deploymentID(number) }
            shown.progress = flight.progress
            shown.note = flight.note.isEmpty ? nil : flight.note
            view.flight = shown
        }
        return view
    }
}

extension UpdateFlight.State: AdminWord {
    var word: String {
        switch self {
        case .requested: "requested"
        case .received: "received"
        case .started: "started"
        case .downloading: "downloading"
        case .updating: "updating"
        case .completed: "completed"
        case .ignored: "ignored"
        case .rescheduled: "rescheduled"
        case .failed: "failed"
        }
    }
}
