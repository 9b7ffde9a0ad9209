internal import BaseTestSupport
import Testing
import TunnelServer
import Wire

/// The state machines alone: random orders of events, and rules that must hold after each.
@Suite struct MachineTests {
    @Test(arguments: 0..<50) func rendezvous_NeverJoinsTwoUsers(seed: UInt64) {
        var random = SeededGenerator(seed)
        var machine = Rendezvous()
        var keys: [EndID: Rendezvous.Key] = [:]
        var partners: [EndID: EndID] = [:]
        var next: EndID = 0
        for _ in 0..<2000 {
            if keys.isEmpty || Bool.random(using: &random) {
                next += 1
                let key = Rendezvous.Key(
                    realm: ["u1", "u2"].randomElement(using: &random) ?? "",
                    token: ["a", "ab", "t"].randomElement(using: &random) ?? "",
                    nonce: ["", "bc", "c", "n"].randomElement(using: &random) ?? "")
                let outcome = machine.admit(next, key: key, uuid: "\(UInt8.random(in: 0..<5, using: &random))")
                switch outcome {
                case .waits: keys[next] = key
                case .joined(let first, let second):
                    keys[next] = key
                    #expect(second == next && first != next)
                    #expect(keys[first] == key, "two that share nothing were joined")
                    #expect(partners[first] == nil && partners[second] == nil, "somebody has two partners")
                    partners[first] = second
                    partners[second] = first
                case .tunnelExists:
                    #expect(keys.contains { partners[$0.key] != nil && $0.value == key })
                case .sameUUID(let waiting, let hasNonce):
                    #expect(keys[waiting] == key && partners[waiting] == nil)
                    #expect(hasNonce == !key.nonce.isEmpty)
                    keys[waiting] = nil
                }
            } else if let leaving = keys.keys.sorted().randomElement(using: &random) {
                let partner = machine.leave(leaving)
                #expect(partner == partners[leaving])
                for id in [leaving, partner].compactMap({ $0 }) {
                    keys[id] = nil
                    partners[id] = nil
                }
            }
            #expect(machine.tunnelCount == partners.count / 2)
            #expect(machine.waitingCount == keys.count - partners.count)
            for (id, partner) in partners { #expect(machine.partner(of: id) == partner) }
        }
    }

    @Test(arguments: 0..<50) func proxy_KeepsAddressesApart(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        var table = ProxyTable(clientLimit: 4)
        var servers: [EndID: TunnelUUID] = [:]
        var clients: [EndID: (server: EndID, address: UInt16, uuid: TunnelUUID)] = [:]
        let uuids = (1...8).compactMap { TunnelUUID(bytes: [UInt8](repeating: $0, count: 16)) }
        for id in EndID(1)...1500 {
            let uuid = try #require(uuids.randomElement(using: &random))
            let used = servers.values.contains(uuid)
            let usedByClient = clients.values.contains { $0.uuid == uuid }
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let outcome = table.registerServer(id, uuid: uuid)
                #expect(outcome == (used ? .inUse : usedByClient ? .crossed : .registered))
                if outcome == .registered { servers[id] = uuid }
            case 1, 2:
                let target = try #require(uuids.randomElement(using: &random))
                let outcome = table.registerClient(id, uuid: uuid, server: target)
                guard case .joined(let server, let address) = outcome else { continue }
                #expect(servers[server] == target && !used && !usedByClient)
                #expect(address != 0 && address != 0xFFFF)
                #expect(!clients.values.contains { $0.server == server && $0.address == address })
                clients[id] = (server, address, uuid)
            default:
                let all = (Array(servers.keys) + Array(clients.keys)).sorted()
                guard let leaving = all.randomElement(using: &random) else { continue }
                switch table.leave(leaving) {
                case .nothing: Issue.record("an end that was registered left nothing behind")
                case .server(let left):
                    #expect(Set(left) == Set(clients.filter { $0.value.server == leaving }.keys))
                    servers[leaving] = nil
                    for client in left { clients[client] = nil }
                case .client(let server, let address):
                    #expect(clients[leaving]?.server == server && clients[leaving]?.address == address)
                    clients[leaving] = nil
                }
            }
            #expect(table.serverCount == servers.count && table.clientCount == clients.count)
            for (id, client) in clients { #expect(table.client(of: client.server, at: client.address) == id) }
        }
    }

    @Test func addresses_GoOnAndWrapPastTheReservedOnes() throws {
        var table = ProxyTable(clientLimit: 70_000)
        let server = try #require(TunnelUUID("aaaaaaaa-0000-4000-8000-000000000001"))
        #expect(table.registerServer(1, uuid: server) == .registered)
        func uuid(_ number: Int) throws -> TunnelUUID {
            try #require(
                TunnelUUID(
                    bytes: [1] + [UInt8](repeating: 0, count: 11)
                        + (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }))
        }
        for number in 1...65_533 {
            let id = EndID(number + 1)
            #expect(
                table.registerClient(id, uuid: try uuid(number), server: server)
                    == .joined(server: 1, address: UInt16(number)))
            _ = table.leave(id)
        }
        #expect(
            table.registerClient(70_001, uuid: try uuid(70_001), server: server) == .joined(server: 1, address: 0xFFFE))
        #expect(table.registerClient(70_002, uuid: try uuid(70_002), server: server) == .joined(server: 1, address: 1))
    }
}
