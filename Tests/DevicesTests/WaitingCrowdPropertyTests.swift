internal import BaseTestSupport
internal import Devices
internal import Journal
internal import JournalTestSupport
import Testing
import Wire

/// Who waits after a random sequence of requests, beside a plain model of the rule.
@Suite struct WaitingCrowdPropertyTests {
    /// A waiting device of the model.
    private struct Waiting {
        let id: String
        let address: String
        var source: String { NetworkAddress.source(of: address) }
        let first: Int64
        var last: Int64
        var isSafe = false
    }

    /// The rule of docs/manual.md: fairness between places, the newest of the largest crowd goes.
    private struct Model {
        var waiting: [Waiting] = []
        let total: Int
        let perAddress: Int

        mutating func ask(_ id: String, _ address: String, at now: Int64) {
            if let index = waiting.firstIndex(where: { $0.id == id }) {
                if now - waiting[index].last >= 20 { waiting[index].last = now }
                return
            }
            guard waiting.filter({ $0.address == address }).count < perAddress else { return }
            if waiting.count >= total {
                guard let victim = victim(for: address) else { return }
                waiting.removeAll { $0.id == victim }
            }
            waiting.append(Waiting(id: id, address: address, first: now, last: now))
        }

        private func victim(for address: String) -> String? {
            guard let source = Self.largest(waiting, by: \.source) else { return nil }
            let crowd = waiting.filter { $0.source == source }
            guard let place = Self.largest(crowd, by: \.address) else { return nil }
            let inPlace = crowd.filter { $0.address == place }
            let own = NetworkAddress.source(of: address)
            let isSame = own == source
            let mine = waiting.filter { isSame ? $0.address == address : $0.source == own }.count
            guard mine == 0 || (isSame ? inPlace.count : crowd.count) > mine + 1 else { return nil }
            guard inPlace.count == 1 else {
                return inPlace.filter { !$0.isSafe }.max { ($0.first, $0.id) < ($1.first, $1.id) }?.id
            }
            return waiting.filter { !$0.isSafe }.min { one, other in
                if one.last != other.last { return one.last < other.last }
                return (one.first, one.id) > (other.first, other.id)
            }?.id
        }

        /// The largest crowd; of those of one size the one with the youngest device, then the first by name.
        private static func largest(_ waiting: [Waiting], by name: KeyPath<Waiting, String>) -> String? {
            let crowds = Dictionary(grouping: waiting) { $0[keyPath: name] }
            return crowds.map { name, members in
                (name: name, count: members.count, youngest: members.map(\.first).max() ?? 0)
            }.min { one, other in
                (-one.count, -one.youngest, one.name) < (-other.count, -other.youngest, other.name)
            }?.name
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [11, 12, 13, 14] as [UInt64])
    func requestsOfManyPlaces_LeaveThoseThatTheRuleKeeps(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let (total, perAddress) = (Int.random(in: 3...12, using: &generator), Int.random(in: 2...6, using: &generator))
        let rig = try await DevicesRig { limits in
            (limits.pendingTotal, limits.pendingPerAddress) = (total, perAddress)
        }
        var model = Model(total: total, perAddress: perAddress)
        let places = [
            "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:192.0.2.1", "local",
        ]
        for step in 0..<300 {
            // Long enough that no place has run out of tries.
            rig.clock.advance(by: Int64.random(in: 8...40, using: &generator))
            let place = generator.pick(places)
            let id = "\(place.hashless)-\(Int.random(in: 0..<12, using: &generator))"
            try await rig.ask(id, from: place, key: "aa")
            model.ask(id, place, at: rig.clock.now)
            if step.isMultiple(of: 29), let chosen = model.waiting.indices.randomElement(using: &generator) {
                let id = model.waiting[chosen].id
                try await rig.rooms.devices.approve(id, fingerprint: DevicesRig.fingerprint("aa"), by: .hub)
                model.waiting[chosen].isSafe = true
            }
            #expect(try await rig.ids(.pending) == model.waiting.map(\.id).sorted(), "step \(step)")
            #expect(model.waiting.count <= total)
        }
    }
}

extension String {
    /// Without what no ID may have.
    fileprivate var hashless: String { replacing("::", with: ".").replacing(":", with: ".") }
}
