/// Joins what several interfaces, transports and address families say about one service. Pure.
///
/// Answers belong together when name, host and port agree: two hosts on two networks may well both be called `idprov`,
/// and mixing the address of one with the port of the other would serve nobody.
struct ServiceTable {
    /// One resolver's answer is known by the instance and the address family it asked for.
    private struct Source: Hashable {
        var instance: ServiceInstance
        var isIPv6: Bool
    }

    private struct Host: Hashable {
        var name: String
        var port: UInt16
    }

    private let type: String
    private var answers: [String: [Source: ResolvedInstance]] = [:]
    private var shown: [String: [Host: DiscoveredService]] = [:]

    init(type: String) {
        self.type = type
    }

    /// A resolver answered, for the first time or with something new.
    mutating func resolved(_ answer: ResolvedInstance) -> [ServiceBrowser.Event] {
        let name = answer.instance.name
        let source = Source(instance: answer.instance, isIPv6: answer.address.isIPv6)
        answers[name, default: [:]][source] = answer
        return changes(of: name)
    }

    /// One interface and transport shows the instance no more.
    mutating func disappeared(_ instance: ServiceInstance) -> [ServiceBrowser.Event] {
        guard let known = answers[instance.name] else { return [] }
        answers[instance.name] = known.filter { $0.key.instance != instance }
        return changes(of: instance.name)
    }

    /// The daemon went away: nothing is known any more.
    mutating func clear() -> [ServiceBrowser.Event] {
        let names = shown.keys.sorted()
        answers = [:]
        shown = [:]
        return names.map { .gone($0) }
    }

    private mutating func changes(of name: String) -> [ServiceBrowser.Event] {
        let known = answers[name].map { Array($0.values) } ?? []
        guard !known.isEmpty else {
            answers[name] = nil
            return shown.removeValue(forKey: name) == nil ? [] : [.gone(name)]
        }
        let before = shown[name] ?? [:]
        let now = Dictionary(grouping: known) { Host(name: $0.hostName, port: $0.port) }.mapValues(service)
        shown[name] = now
        return now.filter { before[$0.key] != $0.value }.values
            .sorted { ($0.hostName, $0.port) < ($1.hostName, $1.port) }
            .map { .found($0) }
    }

    private func service(_ answers: [ResolvedInstance]) -> DiscoveredService {
        let ordered = answers.sorted {
            ($0.address.kind, $0.instance.interface, $0.address.text)
                < ($1.address.kind, $1.instance.interface, $1.address.text)
        }
        var addresses: [String] = []
        for answer in ordered where !addresses.contains(answer.address.text) {
            addresses.append(answer.address.text)
        }
        let best = ordered[0]
        return DiscoveredService(
            name: best.instance.name, type: type, hostName: best.hostName, addresses: addresses, port: best.port,
            txt: best.txt, interfaceIndex: best.instance.interface)
    }
}
