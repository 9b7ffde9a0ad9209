internal import BaseTestSupport
internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
internal import Store
import Testing
import Wire

/// The keys of one device after random requests and decisions, beside a plain model of their life.
@Suite struct IdentityPropertyTests {
    private static let name = #"{"mac":"02:00:00:00:00:01"}"#

    /// One key of the model.
    private struct Key {
        var status: AuthSetStatus
        /// The one token that counts for it.
        var token: String?
        var tokenEnds: Int64 = 0
    }

    /// What docs/protocols/mender.md 5 says of a device without certificate.
    private struct Model {
        /// By the number of the key.
        var keys: [Int: Key] = [:]
        var isKnown = false

        /// The state of its record follows from its keys.
        var record: DeviceState {
            if keys.values.contains(where: { $0.status == .accepted }) { return .approved }
            let isOut = !keys.isEmpty && keys.values.allSatisfy { $0.status == .rejected }
            return isOut ? .rejected : .pending
        }

        mutating func ask(_ number: Int) {
            if isKnown, keys[number] == nil, record == .rejected { return }
            isKnown = true
            if keys[number] == nil { keys[number] = Key(status: .pending) }
        }

        /// Whether a decision is possible; what it changes.
        mutating func decide(_ number: Int, _ status: AuthSetStatus) -> Bool {
            guard let key = keys[number] else { return false }
            if key.status == status { return true }
            guard key.status != .preauthorized, status != .preauthorized else { return false }
            if status == .accepted {
                for other in keys.keys where keys[other]?.status == .accepted { keys[other] = Key(status: .rejected) }
            }
            keys[number] = Key(status: status)
            return true
        }

        mutating func preauthorize(_ number: Int) {
            isKnown = true
            guard keys[number]?.status != .accepted else { return }
            keys[number] = Key(status: .preauthorized)
        }

        /// Gives a token when the key may have one.
        mutating func give(_ number: Int, _ token: String?, at now: Int64) -> Bool {
            guard let key = keys[number] else { return token == nil }
            if key.status == .preauthorized { _ = accept(number) }
            guard keys[number]?.status == .accepted else { return token == nil }
            keys[number] = Key(status: .accepted, token: token, tokenEnds: now + 7 * 86_400)
            return token != nil
        }

        private mutating func accept(_ number: Int) -> Bool {
            keys[number]?.status = .pending
            return decide(number, .accepted)
        }
    }

    /// What one run has at hand.
    private struct Run {
        let rig: DevicesRig
        let keys: [PrivateKey]
        var model = Model()
        var tokens: [String] = []
        var generator: SeededGenerator

        mutating func step() async throws {
            let number = Int.random(in: keys.indices, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4: try await ask(number)
            case 4..<7: try await decide(number)
            case 7: try await remove(number)
            case 8: try await endToken(number)
            default:
                guard Bool.random(using: &generator) else {
                    rig.clock.advance(by: Int64.random(in: 0...400_000, using: &generator))
                    return
                }
                _ = try await rig.rooms.identities.preauthorize(
                    IdentityPropertyTests.name, publicKey: keys[number].publicKey, force: true, by: .hub)
                model.preauthorize(number)
            }
        }

        private mutating func ask(_ number: Int) async throws {
            let token = try await rig.authenticate(IdentityPropertyTests.name, key: keys[number])
            model.ask(number)
            let isAsExpected = model.give(number, token, at: rig.clock.now)
            #expect(isAsExpected, "\(model)")
            if let token { tokens.append(token) }
        }

        private mutating func decide(_ number: Int) async throws {
            guard let (identity, set) = try await set(number) else { return }
            let status = generator.pick(AuthSetStatus.allCases)
            if model.decide(number, status) {
                try await rig.rooms.identities.decide(identity, authSet: set, status, by: .hub)
            } else {
                await #expect(throws: IdentityError.self) {
                    try await rig.rooms.identities.decide(identity, authSet: set, status, by: .hub)
                }
            }
        }

        private mutating func remove(_ number: Int) async throws {
            guard let (identity, set) = try await set(number) else { return }
            try await rig.rooms.identities.removeAuthSet(set, of: identity, by: .hub)
            model.keys[number] = nil
        }

        private mutating func endToken(_ number: Int) async throws {
            guard let (_, set) = try await set(number) else { return }
            try await rig.rooms.identities.revokeToken(ofAuthSet: set, by: .hub)
            model.keys[number]?.token = nil
        }

        private func set(_ number: Int) async throws -> (identity: String, set: String)? {
            guard let identity = try await rig.identity(IdentityPropertyTests.name) else { return nil }
            let pem = keys[number].publicKey.pem()
            return identity.authSets.first { $0.publicKey == pem }.map { (identity.id, $0.id) }
        }

        /// Whether the store says what the model says.
        func check() async throws {
            guard let identity = try await rig.identity(IdentityPropertyTests.name) else {
                return #expect(!model.isKnown)
            }
            var found: [Int: AuthSetStatus] = [:]
            for (number, key) in keys.enumerated() {
                found[number] = identity.authSets.first { $0.publicKey == key.publicKey.pem() }?.status
            }
            #expect(found == model.keys.mapValues(\.status))
            #expect(try await rig.record(identity.deviceID)?.state == model.record)
            let valid = model.keys.values.filter { $0.tokenEnds > rig.clock.now }.compactMap(\.token)
            for token in tokens { #expect(try await rig.counts(token) == valid.contains(token)) }
            let updatable = try await rig.base.store.read { [identities = rig.rooms.identities] db in
                try identities.updatableDevices(in: db)
            }
            #expect(updatable == (model.record == .approved ? [identity.deviceID] : []))
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [21, 22, 23, 24, 25] as [UInt64])
    func randomRequestsAndDecisions_LeaveWhatTheModelSays(seed: UInt64) async throws {
        let keys = try (0..<3).map { _ in try PrivateKey.makeP256() }
        var run = Run(rig: try await DevicesRig(), keys: keys, generator: SeededGenerator(seed))
        for _ in 0..<120 {
            try await run.step()
            try await run.check()
        }
    }
}
