internal import AdminAPI

/// The way a command takes to a device: by itself the first one that the device offers.
enum DeviceWay: Sendable, Equatable {
    /// mender-connect: shell, files, ports.
    case menderConnect
    /// The console of the live link.
    case console
    /// A tunnel to a port of the device.
    case tunnel

    var name: String {
        switch self {
        case .menderConnect: "mender-connect"
        case .console: "the console of the live link"
        case .tunnel: "a tunnel"
        }
    }

    /// The way to a shell.
    ///
    /// - Throws: ``CommandFailure`` that says what the device would need.
    static func shell(of id: String, _ client: AdminClient) async throws -> DeviceWay {
        let links = try await client.call(LinkEndpoints.ofDevice(id)).items
        if links.contains(where: { $0.protocol == "mender" }) { return .menderConnect }
        if links.contains(where: { $0.abilities.contains("shell") }) { return .console }
        throw CommandFailure.failed(
            (links.isEmpty ? "\(id) is not connected" : "\(id) offers no shell")
                + "; it needs mender-connect, or NervesHubLink with remote_iex: true, or an SSH server: "
                + "hubctl tunnel open \(id) 22")
    }

    /// - Throws: ``CommandFailure`` when the device has no console now.
    static func requireConsole(of id: String, _ client: AdminClient) async throws {
        let links = try await client.call(LinkEndpoints.ofDevice(id)).items.filter { $0.protocol != "mender" }
        guard !links.contains(where: { $0.abilities.contains("shell") }) else { return }
        throw CommandFailure.failed(
            links.isEmpty
                ? "\(id) is not connected; its live link must be up: hubctl link list"
                : "\(id) offers no console; it needs NervesHubLink with remote_iex: true")
    }

    /// The way to the device's files. Over the console they can only be written.
    ///
    /// - Throws: ``CommandFailure`` that says what the device would need.
    static func files(of id: String, _ client: AdminClient) async throws -> DeviceWay {
        let links = try await client.call(LinkEndpoints.ofDevice(id)).items
        if links.contains(where: { $0.protocol == "mender" }) { return .menderConnect }
        if links.contains(where: { $0.abilities.contains("shell") }) { return .console }
        throw CommandFailure.failed(
            (links.isEmpty ? "\(id) is not connected" : "\(id) offers no files")
                + "; it needs mender-connect, or NervesHubLink with remote_iex: true, or an SSH server: "
                + "hubctl tunnel open \(id) 22")
    }

    /// The way to a port of the device.
    static func port(of id: String, _ client: AdminClient) async throws -> DeviceWay {
        let links = try await client.call(LinkEndpoints.ofDevice(id)).items
        return links.contains { $0.protocol == "mender" } ? .menderConnect : .tunnel
    }
}
