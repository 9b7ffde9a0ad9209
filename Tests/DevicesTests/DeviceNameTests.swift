internal import BaseTestSupport
internal import Devices
internal import Journal
internal import JournalTestSupport
internal import Secrets
internal import SecretsTestSupport
internal import Store
import Testing
import Wire

/// Which names devices may have: compared by their bytes, whatever they look like.
@Suite struct DeviceNameTests {
    /// One to Unicode, two by their bytes.
    private static let lookalikes = ["SK-1", "S\u{212A}-1"]

    /// A secret as an older hub took it, whatever its ID.
    private static func legacySecret(_ id: String, _ rig: DevicesRig, life: Int64 = 3600) async throws {
        let secret = NewSecret(deviceID: id, value: Array("s".utf8), validUntil: rig.clock.now + life)
        let sealed = rig.secrets.seal(Array("s".utf8), deviceID: id)
        try await rig.base.store.write { [secrets = rig.secrets] db in
            try secrets.replace(secret, sealed: sealed, by: .hub, in: db)
        }
    }

    private static func admitOther(_ name: String, _ rig: DevicesRig) async throws {
        try await rig.base.store.read { [devices = rig.rooms.devices] db in try devices.admitOther(name, in: db) }
    }

    @Test(arguments: [
        ("", DeviceIDProblem.empty), ("a/b", .reserved("/")), ("..", .folder), ("$SYS", .leadingDollar),
        ("a ", .whiteSpaceAtEnd(" ")), ("S\u{212A}-1", .notNormal), ("a\u{200B}b", .invisible("\u{200B}")),
        (String(repeating: "x", count: 65), .tooLong),
    ])
    func newDevice_NeedsAValidID_UnlessASecretIsThere(_ id: String, _ problem: DeviceIDProblem) async throws {
        let rig = try await DevicesRig()
        await #expect(throws: DevicesError.invalidDeviceID(problem)) { try await rig.ask(id) }
        #expect(try await rig.ids().isEmpty)
        await #expect(throws: DevicesError.invalidDeviceID(problem)) { try await rig.addSecret("s", for: id) }
        #expect(try await rig.secrets.secretCount() == 0)
        try await Self.legacySecret(id, rig)
        try await rig.ask(id, hasSecret: true)
        #expect(try await rig.record(id)?.state == .pending, "the operator expects it, from before the rule")
        rig.clock.advance(by: 60)
        try await rig.ask(id)
        #expect(try await rig.rooms.devices.sightings(of: [id]) == [DeviceID(id): 2], "who is known keeps its ID")
    }

    @Test func idsThatLookAlike_AreTwoDevices() async throws {
        let rig = try await DevicesRig()
        try await rig.put(Self.lookalikes[0], .approved, serial: "0a")
        try await rig.put(Self.lookalikes[1], .pending) { $0.fingerprint = DevicesRig.fingerprint("a1") }
        let devices = rig.rooms.devices
        try await devices.approve(Self.lookalikes[1], fingerprint: DevicesRig.fingerprint("a1"), by: .hub)
        #expect(try await devices.device(Self.lookalikes[0]).approvedFingerprint == nil)
        try await rig.end(Self.lookalikes[0], as: .revoked)
        #expect(try await devices.isShutOut(Self.lookalikes[0]))
        #expect(try await !devices.isShutOut(Self.lookalikes[1]))
        let ids = try await rig.ids()
        #expect(ids.map { Array($0.utf8) } == Self.lookalikes.map { Array($0.utf8) }, "in the order of their bytes")
        #expect(try await rig.rooms.devices.sightings(of: Self.lookalikes).isEmpty)
    }

    /// A certificate of another role bears the name: no device gets it, but one that has it keeps it.
    @Test(arguments: DeviceState.allCases, [true, false])
    func nameOfAnotherRole_IsRefused_ButNotToWhoHasIt(_ state: DeviceState, hasCertificate: Bool) async throws {
        let rig = try await DevicesRig()
        rig.rooms.devices.otherNames.ask { name, _ in
            name == nil || name == "broker" ? [("broker", "service")] : []
        }
        await #expect(throws: DevicesError.deviceNameTaken("broker", ou: "service")) { try await rig.ask("broker") }
        try await rig.put("broker", state, serial: hasCertificate ? "0a" : nil) {
            $0.fingerprint = DevicesRig.fingerprint("a1")
        }
        let keeps = hasCertificate && (state == .approved || state == .revoked)
        func expect(_ body: () async throws -> Void) async throws {
            if keeps {
                try await body()
            } else {
                await #expect(throws: DevicesError.deviceNameTaken("broker", ou: "service")) { try await body() }
            }
        }
        let taken = try await rig.base.store.read { [devices = rig.rooms.devices] db in
            try devices.namesOfOthers(in: db)
        }
        #expect(taken == (keeps ? [:] : [Array("broker".utf8): "service"]))
        try await expect { try await rig.ask("broker") }
        try await expect { try await rig.addSecret("s", for: "broker") }
        try await expect {
            try await rig.rooms.devices.approve("broker", fingerprint: DevicesRig.fingerprint("a1"), by: .hub)
        }
        try await rig.ask("other")
    }

    @Test(arguments: DeviceState.allCases, [true, false])
    func nameOfADevice_IsNobodyElses_WhileItIsInOrMayComeBack(_ state: DeviceState, isApproved: Bool) async throws {
        let rig = try await DevicesRig()
        try await Self.admitOther("lamp", rig)
        try await rig.put("lamp", state) { $0.approvedFingerprint = isApproved ? DevicesRig.fingerprint("a1") : nil }
        guard isApproved || state == .approved || state == .revoked else {
            return try await Self.admitOther("lamp", rig)
        }
        await #expect(throws: DevicesError.nameOfDevice("lamp")) { try await Self.admitOther("lamp", rig) }
    }

    @Test func nameOfAnExpectedDevice_IsFree_WhenItsSecretHasEnded() async throws {
        let rig = try await DevicesRig()
        try await rig.addSecret("s3cret", for: "lamp", life: 60)
        rig.clock.advance(by: 60)
        await #expect(throws: DevicesError.nameOfDevice("lamp", isSecretOnly: true), "in its last second") {
            try await Self.admitOther("lamp", rig)
        }
        rig.clock.advance(by: 1)
        try await Self.admitOther("lamp", rig)
    }

    /// Devices and secrets from before the rule, over the borders of the look-ups of 1000, whatever the page.
    @Test(.timeLimit(.minutes(2)), arguments: [(1, 7), (2, 1000), (3, 50)] as [(UInt64, Int)])
    func invalidIDs_AreFoundPageByPage(seed: UInt64, limit: Int) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await DevicesRig()
        var model: [DeviceID: Bool] = [:]
        var rows: [(id: String, isDevice: Bool, isSecret: Bool)] = []
        for number in 0..<1800 {
            let mark = generator.pick(["-", "-", "-", "/", "+", "#", "\u{212A}", "e\u{301}"])
            let id = "\(generator.pick(["a", "B", "é", "温"]))\(mark)\(number % 1500)"
            let (isDevice, isSecret) = generator.pick([(true, false), (false, true), (true, true)])
            model[DeviceID(id)] = (model[DeviceID(id)] ?? false) || isDevice
            rows.append((id, isDevice, isSecret))
        }
        try await rig.base.store.write { [rooms = rig.rooms, now = rig.clock.now, rows] db in
            for (id, isDevice, isSecret) in rows {
                if isDevice { try rooms.devices.save(Device(id: id, state: .pending, seen: now), in: db) }
                guard isSecret else { continue }
                let secret = NewSecret(deviceID: id, value: [0x73], validUntil: now + 3600)
                try rooms.secrets.replace(secret, sealed: rooms.secrets.seal([0x73], deviceID: id), by: .hub, in: db)
            }
        }
        let expected = model.keys.sorted().filter { DeviceID.problem(in: $0.text) != nil }
        var found: [InvalidID] = []
        while true {
            let page = try await rig.rooms.devices.invalidIDs(after: found.last?.id ?? "", limit: limit)
            found += page
            guard page.count == limit else { break }
        }
        #expect(found.map { DeviceID($0.id) } == expected)
        #expect(found.allSatisfy { $0.isDevice == model[DeviceID($0.id)] && $0.problem == DeviceID.problem(in: $0.id) })
    }
}
