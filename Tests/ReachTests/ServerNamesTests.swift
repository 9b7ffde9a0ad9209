internal import BaseTestSupport
import Testing
import Wire
@testable import Reach

/// UUIDs that servers choose for themselves.
@Suite struct ServerNamesTests {
    private static func uuid(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number), count: 16) }

    @Test func device_KeepsItsNewestSixteen() {
        var names = ServerNames()
        for number in 0..<17 {
            #expect(names.mayClaim(Self.uuid(number), "lamp"))
            names.claim(Self.uuid(number), "lamp")
            names.leave(Self.uuid(number), "lamp")
        }
        #expect(names.mayClaim(Self.uuid(0), "door"), "used longest ago")
        for number in 1..<17 { #expect(!names.mayClaim(Self.uuid(number), "door")) }
        // One that is registered again is the newest.
        names.claim(Self.uuid(1), "lamp")
        names.leave(Self.uuid(1), "lamp")
        names.claim(Self.uuid(17), "lamp")
        #expect(!names.mayClaim(Self.uuid(1), "door") && names.mayClaim(Self.uuid(2), "door"))
    }

    @Test func uuidsInUse_AreNeverGivenUp() {
        var names = ServerNames()
        for number in 0..<16 { names.claim(Self.uuid(number), "lamp") }
        #expect(!names.mayClaim(Self.uuid(16), "lamp"), "all places are in use")
        names.claim(Self.uuid(16), "lamp")
        #expect(names.mayClaim(Self.uuid(16), "door"), "the claim came to nothing")
        #expect(names.mayClaim(Self.uuid(3), "lamp"), "its own it may register again")
        names.leave(Self.uuid(5), "lamp")
        names.claim(Self.uuid(16), "lamp")
        #expect(names.mayClaim(Self.uuid(5), "door") && !names.mayClaim(Self.uuid(4), "door"))
    }

    /// What the rule says, as a list of each device's claims.
    private struct Model {
        var claims: [(uuid: Int, device: DeviceID, isInUse: Bool)] = []

        func mayClaim(_ uuid: Int, _ device: DeviceID) -> Bool {
            if let claim = claims.first(where: { $0.uuid == uuid }) { return claim.device == device }
            let own = claims.filter { $0.device == device }
            return own.count < 16 || !own.allSatisfy(\.isInUse)
        }

        mutating func claim(_ uuid: Int, _ device: DeviceID) {
            guard mayClaim(uuid, device) else { return }
            claims.removeAll { $0.uuid == uuid }
            if claims.filter({ $0.device == device }).count == 16,
                let oldest = claims.firstIndex(where: { $0.device == device && !$0.isInUse })
            {
                claims.remove(at: oldest)
            }
            claims.append((uuid, device, true))
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func randomServers_HaveTheNamesTheModelGives(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var names = ServerNames()
        var model = Model()
        let devices: [DeviceID] = ["lamp", "SK-1", "S\u{212A}-1"]
        for step in 0..<250 {
            let (number, device) = (Int.random(in: 0..<60, using: &generator), generator.pick(devices))
            switch Int.random(in: 0..<60, using: &generator) {
            case 0:
                names.forget(device)
                model.claims.removeAll { $0.device == device }
            case 1..<20:
                names.leave(Self.uuid(number), device)
                for index in model.claims.indices
                where model.claims[index].uuid == number && model.claims[index].device == device {
                    model.claims[index].isInUse = false
                }
            default:
                names.claim(Self.uuid(number), device)
                model.claim(number, device)
            }
            let wrong = (0..<60).filter { number in
                devices.contains { names.mayClaim(Self.uuid(number), $0) != model.mayClaim(number, $0) }
            }
            #expect(wrong.isEmpty, "step \(step)")
        }
    }
}
