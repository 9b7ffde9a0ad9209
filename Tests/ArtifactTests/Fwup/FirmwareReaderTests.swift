import BaseTestSupport
import Encoding
import Testing

@testable import Artifact

/// Archives that no vector has: changed byte by byte, cut, and made to be large.
@Suite struct FirmwareReaderTests {
    private static func read(
        _ bytes: [UInt8], _ trust: FirmwareTrust = .anybody
    ) throws(FirmwareError) -> FirmwareDescription {
        try FirmwareReader.check(FirmwareSource(bytes: bytes), trust: trust)
    }

    /// What can change without anybody seeing it: times, versions and modes in headers. All else is as it was.
    @Test(
        arguments: [
            ("signed-a.fw", [0x01, 0x80]), ("stored.fw", [0x01]), ("delta.fw", [0x01, 0x80]),
            ("sparse-resource.fw", [0x04]),
        ] as [(String, [UInt8])])
    func changedAnywhere_IsRefusedOrTheSame(_ file: String, masks: [UInt8]) throws {
        let bytes = try FwupVectors.bytes(file)
        let trust = try FwupVectors.trust("a")
        let good = try Self.read(bytes, trust)
        for changed in Damage.flips(of: bytes, masks: masks) {
            guard var description = try? Self.read(changed, trust) else { continue }
            description.creationDate = good.creationDate
            #expect(description == good)
        }
    }

    /// Without a key the signature is open to change, but the container and all resources hold.
    @Test func changedAnywhereWithoutKey_NeverTraps() throws {
        let bytes = try FwupVectors.bytes("several-tasks.fw")
        for changed in Damage.flips(of: bytes, masks: [0x20]) { _ = try? Self.read(changed) }
    }

    @Test func cutAnywhere_IsRefused() throws {
        for beginning in Damage.beginnings(of: try FwupVectors.bytes("signed-a.fw")) {
            #expect(throws: FirmwareError.self) { try Self.read(beginning) }
        }
    }

    @Test func signedArchiveWithoutKeys_IsRefusedUnlessUnsignedIsAllowed() throws {
        let bytes = try FwupVectors.bytes("signed-a.fw")
        #expect(throws: FirmwareError.noKeys) {
            try Self.read(bytes, FirmwareTrust(keys: [], allowsUnsigned: false))
        }
        #expect(try Self.read(bytes).signer == nil && Self.read(bytes).isSigned)
    }

    @Test func unsignedAllowed_StillWantsARightSignatureWhereThereIsOne() throws {
        let trust = FirmwareTrust(keys: try FwupVectors.keys("b"), allowsUnsigned: true)
        #expect(throws: FirmwareError.wrongSignature) { try Self.read(FwupVectors.bytes("signed-a.fw"), trust) }
        #expect(try Self.read(FwupVectors.bytes("unsigned.fw"), trust).isSigned == false)
    }

    @Test func manyMembers_AreRefusedBeforeTheDirectoryIsRead() {
        var bytes = LocalHeader.mark + [UInt8](repeating: 0, count: 64)
        bytes += [0x50, 0x4B, 0x05, 0x06, 0, 0, 0, 0, 0x10, 0x27, 0x10, 0x27] + [UInt8](repeating: 0xFF, count: 8)
        bytes += [0, 0]
        #expect(throws: FirmwareError.tooManyMembers(limit: 512)) { try Self.read(bytes) }
    }

    @Test func deltaWithoutSignature_IsRefused() throws {
        let bytes = try ZipFixture.unsigned(FwupVectors.bytes("delta.fw"))
        #expect(throws: FirmwareError.unsignedPatch("data/image")) { try Self.read(bytes) }
    }

    @Test(arguments: [
        ("", "not 10 to"), ("meta-product=p\n", "meta-version"),
    ])
    func littleMetadata_IsRefused(text: String, reason: String) throws {
        let bytes = ZipFixture.archive([("meta.conf", Array(text.utf8))])
        let error = #expect(throws: FirmwareError.self) { try Self.read(bytes) }
        #expect(error?.description.contains(reason == "not 10 to" ? "10 to 49999" : reason) == true)
    }

    /// docs/protocols/device-link.md 18.3.
    @Test func uuid_IsThatOfTheExample() {
        #expect(FirmwareUUID.of(Array("meta-product=p\n".utf8)) == "eea1b697-f36c-53e0-6ca7-0311c55cb38c")
    }

    @Test func uuidOfRawFile_IsOfVersion5AndStays() {
        let uuid = FirmwareUUID.of(sha256: [UInt8](repeating: 1, count: 32))
        #expect(uuid.utf8.count == 36 && Array(uuid)[14] == "5")
        #expect(uuid == FirmwareUUID.of(sha256: [UInt8](repeating: 1, count: 32)))
        #expect(uuid != FirmwareUUID.of(sha256: [UInt8](repeating: 2, count: 32)))
    }

    @Test func key_IsReadInEveryFormOfFwup() throws {
        let text = "ylwTddgpodv7CnjMCVUJHaEe8Sn2QI7GB05eA5Rjr+s="
        let key = try #require(FirmwareKey(reading: Array(text.utf8)))
        #expect(key.text == text)
        for form in [text + "\n", String(text.dropLast()), " " + text + "\r\n"] {
            #expect(FirmwareKey(reading: Array(form.utf8)) == key)
        }
        #expect(FirmwareKey(reading: key.bytes) == key)
        for form in ["", "ylwT", text + text, "!" + text.dropFirst()] {
            #expect(FirmwareKey(reading: Array(form.utf8)) == nil)
        }
    }

    @Test func sums_AreThoseOfTheWholeAndOfEachPart() throws {
        var random = SeededGenerator(1)
        let folder = try WorkFolder()
        let block = random.bytes(4096)
        let bytes = Array(repeatElement(block, count: 600).joined()) + [1, 2, 3]
        let sums = try FileSums(of: folder.put("f", bytes))
        #expect(sums.size == Int64(bytes.count) && sums.parts.count == 3 * 32)
        #expect(try FileSums(of: folder.put("last", bytes[(2 << 20)...])).sha256 == Array(sums.parts[64...]))
        #expect(try FileSums(of: folder.put("none", [])).parts.isEmpty)
    }
}
