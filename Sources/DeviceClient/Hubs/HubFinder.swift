internal import Discovery
internal import Encoding
internal import Wire

/// Finds hubs: by their address, or on the network.
struct HubFinder: Sendable {
    let location: DeviceConfiguration.HubLocation
    let policy: DeviceConfiguration.HubPolicy?

    /// How long the first answer may take (docs/protocols/idprov.md 2), and how long others may follow it.
    private static let patience: Duration = .seconds(3)
    private static let settling: Duration = .milliseconds(100)
    /// More hubs than this on one network are somebody's prank.
    private static let limit = 32

    /// Whether looking again may find others.
    var isDiscovering: Bool { location == .discovered }

    /// The hubs to ask, best first. Empty when discovery finds none.
    func candidates() async throws(DeviceError) -> [HubCandidate] {
        var found: [HubCandidate] = []
        switch location {
        case .addresses(let texts): for text in texts { found.append(try Self.candidate(text)) }
        case .discovered: found = try await discover()
        }
        guard found.count > 1, let policy else { return found }
        return await policy(found)
    }

    static func candidate(_ text: String) throws(DeviceError) -> HubCandidate {
        do throws(MessageError) {
            let location =
                text.lowercased().hasPrefix("https://")
                ? try HTTPSLocation(parsing: text)
                : try HTTPSLocation(authority: text, defaultPort: IDProv.defaultPort, path: IDProv.directoryPath)
            let path = location.path == "/" ? IDProv.directoryPath : location.path
            let plain = HubCandidate(name: "", host: location.host, port: location.port, path: path)
            return HubCandidate(name: plain.authority, host: plain.host, port: plain.port, path: path)
        } catch {
            throw .invalidHubAddress
        }
    }

    private func discover() async throws(DeviceError) -> [HubCandidate] {
        let services: [DiscoveredService]
        do {
            services = try await ServiceBrowser(type: IDProv.serviceType).first(
                within: Self.patience, settle: Self.settling)
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw .discoveryFailed(reason: "\(error)")
        }
        var hubs: [HubCandidate] = []
        for service in services.prefix(Self.limit) {
            // A record that names no usable path is a stranger's or broken: the others are still asked.
            guard let path = try? TXTRecord.directoryPath(service.txt) else { continue }
            for address in service.addresses.prefix(3) {
                let hub = HubCandidate(name: service.name, host: address, port: Int(service.port), path: path)
                if !hubs.contains(hub) { hubs.append(hub) }
            }
        }
        return hubs
    }
}
