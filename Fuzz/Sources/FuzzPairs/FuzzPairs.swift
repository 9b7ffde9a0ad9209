import Encoding
import TunnelMachines
import Wire

/// The tunnels' state machines under any order of events: nobody is joined with somebody who does not share realm,
/// token and nonce, and no two clients of a server have one address.
@_cdecl("LLVMFuzzerTestOneInput")
func joinPairs(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    joinEnds(bytes)
    joinClients(bytes)
    return 0
}

private func joinEnds(_ bytes: [UInt8]) {
    var machine = Rendezvous()
    var keys: [EndID: Rendezvous.Key] = [:]
    var partners: [EndID: EndID] = [:]
    for (number, byte) in bytes.enumerated() {
        let id = EndID(number)
        if byte & 0x80 == 0 {
            let key = Rendezvous.Key(
                realm: byte & 1 == 0 ? "r" : "s", token: ["", "a", "ab", "b"][Int(byte >> 1 & 3)],
                nonce: ["", "b", "bc", "c"][Int(byte >> 3 & 3)])
            switch machine.admit(id, key: key, uuid: "\(byte >> 5)") {
            case .waits: keys[id] = key
            case .joined(let first, let second):
                precondition(second == id && keys[first] == key, "two that share nothing were joined")
                precondition(partners[first] == nil, "somebody has two partners")
                keys[id] = key
                partners[first] = second
                partners[second] = first
            case .tunnelExists: precondition(partners.keys.contains { keys[$0] == key })
            case .sameUUID(let waiting, _):
                precondition(keys[waiting] == key && partners[waiting] == nil)
                keys[waiting] = nil
            }
        } else if number > 0 {
            let leaving = EndID(Int(byte & 0x7F) % number)
            let partner = machine.leave(leaving)
            precondition(partner == partners[leaving], "the wrong partner is told")
            for gone in [leaving, partner].compactMap({ $0 }) {
                keys[gone] = nil
                partners[gone] = nil
            }
        }
        precondition(machine.tunnelCount == partners.count / 2 && machine.waitingCount == keys.count - partners.count)
    }
}

private func joinClients(_ bytes: [UInt8]) {
    var table = ProxyTable(clientLimit: 5)
    var places: [EndID: (server: EndID, address: UInt16)] = [:]
    for (number, byte) in bytes.enumerated() {
        let id = EndID(number)
        guard let uuid = TunnelUUID(bytes: [byte >> 2 & 7] + [UInt8](repeating: 1, count: 15)),
            let target = TunnelUUID(bytes: [byte >> 5] + [UInt8](repeating: 1, count: 15))
        else { continue }
        switch byte & 3 {
        case 0: _ = table.registerServer(id, uuid: uuid)
        case 1, 2:
            guard case .joined(let server, let address) = table.registerClient(id, uuid: uuid, server: target) else {
                continue
            }
            precondition(!places.values.contains { $0.server == server && $0.address == address }, "one address twice")
            places[id] = (server, address)
        default:
            guard number > 0 else { continue }
            let leaving = EndID(Int(byte >> 2) % number)
            switch table.leave(leaving) {
            case .nothing: precondition(places[leaving] == nil)
            case .client(let server, let address):
                precondition(places[leaving]?.server == server && places[leaving]?.address == address)
                places[leaving] = nil
            case .server(let clients):
                precondition(Set(clients) == Set(places.filter { $0.value.server == leaving }.keys))
                for client in clients { places[client] = nil }
            }
        }
        for (client, place) in places { precondition(table.client(of: place.server, at: place.address) == client) }
    }
}
