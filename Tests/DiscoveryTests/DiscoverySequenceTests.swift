import BaseTestSupport
import Testing

@testable import Discovery

/// Long sequences of what Avahi may say, in any order, against simple models of what must come of them.
@Suite struct DiscoverySequenceTests {
    private static let addresses: [ResolvedAddress?] = [
        ResolvedAddress(bytes: [10, 77, 0, 1], text: "10.77.0.1", scope: "eth0"),
        ResolvedAddress(bytes: [10, 78, 0, 1], text: "10.78.0.1", scope: "eth1"),
        ResolvedAddress(bytes: [127, 0, 0, 1], text: "127.0.0.1", scope: "lo"),
        ResolvedAddress(bytes: [0xFD] + Array(repeating: 0, count: 14) + [1], text: "fd00::1", scope: "eth0"),
        ResolvedAddress(
            bytes: [0xFE, 0x80] + Array(repeating: 0, count: 13) + [1], text: "fe80::1", scope: "eth0"),
    ]

    private static func answer(_ generator: inout SeededGenerator) -> ResolvedInstance? {
        guard let address = generator.pick(addresses) else { return nil }
        return ResolvedInstance(
            instance: instance(&generator), hostName: generator.pick(["hub.local", "other.local"]),
            port: generator.pick([443, 43776]), address: address, txt: generator.pick([[], ["path=/x"]]))
    }

    private static func instance(_ generator: inout SeededGenerator) -> ServiceInstance {
        ServiceInstance(
            name: generator.pick(["idprov", "idprov #2"]), domain: "local", interface: generator.pick([1, 2]),
            transport: generator.pick([0, 1]))
    }

    /// What somebody knows who heard every event.
    private struct Reader {
        struct Key: Hashable {
            var name: String
            var host: String
            var port: UInt16
        }

        var services: [Key: DiscoveredService] = [:]

        mutating func hear(_ events: [ServiceBrowser.Event]) {
            for event in events {
                switch event {
                case .found(let service):
                    let key = Key(name: service.name, host: service.hostName, port: service.port)
                    #expect(services[key] != service, "no news: \(service)")
                    services[key] = service
                case .gone(let name):
                    #expect(services.keys.contains { $0.name == name }, "gone, but never there: \(name)")
                    services = services.filter { $0.key.name != name }
                }
            }
        }
    }

    private static func key(_ answer: ResolvedInstance) -> Reader.Key {
        Reader.Key(name: answer.instance.name, host: answer.hostName, port: answer.port)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>) func reader_KnowsWhatIsThere(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        var table = ServiceTable(type: "_idprov._tcp")
        var reader = Reader()
        var answers: [ResolvedInstance] = []
        for _ in 0..<300 {
            if Int.random(in: 0..<3, using: &generator) == 0 {
                let instance = Self.instance(&generator)
                answers.removeAll { $0.instance == instance }
                reader.hear(table.disappeared(instance))
            } else if let answer = Self.answer(&generator) {
                answers.removeAll {
                    $0.instance == answer.instance && $0.address.isIPv6 == answer.address.isIPv6
                }
                answers.append(answer)
                reader.hear(table.resolved(answer))
            }
            for (key, service) in reader.services {
                let all = answers.filter { Self.key($0) == key }
                // One that moved to another host is not told to be gone while its name is there.
                guard !all.isEmpty else {
                    reader.services[key] = nil
                    continue
                }
                #expect(Set(service.addresses) == Set(all.map(\.address.text)))
                #expect(service.addresses.count == Set(service.addresses).count)
                let kinds = service.addresses.compactMap { text in all.first { $0.address.text == text }?.address.kind }
                #expect(kinds == kinds.sorted())
            }
            #expect(Set(reader.services.keys) == Set(answers.map(Self.key)))
        }
        reader.hear(table.clear())
        #expect(reader.services.isEmpty)
    }

    private static func event(_ generator: inout SeededGenerator) -> PublicationStateMachine.Event {
        let named = ServiceDescription(name: generator.pick(["hub", "gateway"]), type: "_idprov._tcp", port: 1)
        return generator.pick([
            .daemon(.running), .daemon(.running), .daemon(.registering), .daemon(.hostNameCollision), .daemon(.absent),
            .daemon(.failed(reason: "x")), .group(.pending), .group(.established), .group(.established),
            .group(.collision), .group(.failed(reason: "x")), .refused(reason: "x"), .unreachable(reason: "x"),
            .described(named),
        ])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>) func publication_KeepsAvahisRules(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var machine = PublicationStateMachine(
            ServiceDescription(name: "hub", type: "_idprov._tcp", port: 43776)
        ) { $0.count < 12 ? $0 + "+" : nil }
        var runs = false
        for _ in 0..<500 {
            let event = Self.event(&generator)
            if case .daemon(let daemon) = event { runs = daemon == .running }
            let action = machine.handle(event)
            switch action {
            case .publish(let service):
                #expect(runs, "published without a daemon: \(event)")
                #expect(service.name.hasPrefix(machine.wished.name) && service.port == machine.wished.port)
                #expect(service.name.dropFirst(machine.wished.name.count).allSatisfy { $0 == "+" })
            case .reconnect: runs = false
            case .withdraw, .nothing: break
            }
            if case .established = machine.state {
                #expect(runs && !machine.isTrouble && action == .nothing)
                if event != .group(.established), event != .group(.pending) {
                    // Only the same description again leaves a service visible.
                    #expect(event == .described(machine.wished))
                }
            }
            if action == .reconnect { #expect(machine.isTrouble) }
        }
    }

    /// The inbox against a list: order, and what a withdrawn group leaves.
    @Test(arguments: 1...3 as ClosedRange<UInt64>) func inbox_IsAQueue(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let inbox = AvahiInbox()
        var model: [AvahiEvent] = []
        for _ in 0..<2000 {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0..<4:
                let instance = Self.instance(&generator)
                let event: AvahiEvent = generator.pick([
                    .daemon(.running), .group(.established), .group(.pending), .appeared(instance),
                    .disappeared(instance), .browserFailed(reason: "x"),
                ])
                inbox.append(event)
                model.append(event)
            case 7:
                inbox.dropGroupEvents()
                model.removeAll { if case .group = $0 { true } else { false } }
            default: #expect(inbox.next() == (model.isEmpty ? nil : model.removeFirst()))
            }
        }
    }
}
