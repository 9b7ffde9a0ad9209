internal import AdminAPI
import Testing

@testable import AdminCLI

@Suite struct PendingTests {
    private static func device(_ id: String, address: String = "192.0.2.7", seen: String = "1") -> AdminDevice {
        var device = AdminDevice(deviceID: id, state: "pending", ou: "iotdevice", firstSeen: "0", lastSeen: seen)
        device.address = address
        device.fingerprint = "00112233"
        return device
    }

    @Test func changes_AreNewChangedAndGone_InTheOrderOfTheIDs() {
        let before = [Self.device("a"), Self.device("b"), Self.device("c")]
        let after = [Self.device("b", address: "192.0.2.9"), Self.device("c", seen: "2"), Self.device("d")]
        let changes = PendingChange.between(before, and: after)
        #expect(changes.map(\.change) == [.gone, .changed, .new])
        #expect(changes.map(\.device.deviceID) == ["a", "b", "d"])
        #expect(changes[1].line == "changed  b  192.0.2.9  0011 2233")
    }

    @Test func nameThatMovesTheCursor_IsShownPlain() {
        let change = PendingChange.between([], and: [Self.device("x\u{1B}[2J\n")])
        #expect(change.first?.line.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
    }

    @Test(arguments: [
        ("89abcdef", true), ("89AB CDEF", true), ("89:ab:cd:ef", true), ("cdef", false), ("", false),
        ("0123456789abcdef", false), ("99abcdef", false),
    ])
    func endOfTheFingerprint_IsWhatApproves(answer: String, isRight: Bool) {
        #expect(Fingerprint.isEnd(answer, of: "0123456789abcdef") == isRight)
    }

    @Test func fingerprint_IsShownInGroupsOfFour() {
        #expect(Fingerprint.grouped("0123456789abcdef") == "0123 4567 89ab cdef")
    }
}
