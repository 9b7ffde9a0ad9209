import BaseTestSupport
import Encoding
import Testing
import Wire

/// Bodies of the device link: which types their members have, what may be missing, and times in every form.
@Suite struct LinkBodyTests {
    private static func body(_ members: KeyValuePairs<String, MessagePackValue>) -> [UInt8] {
        var writer = MessagePackWriter()
        MessagePackValue.map(members.map { .init($0.key, $0.value) }).write(to: &writer)
        return writer.bytes
    }

    private static let readers: [(name: String, read: @Sendable ([UInt8]) throws -> Void)] = [
        ("open", { _ = try LinkBody.Open(parsing: $0) }), ("accept", { _ = try LinkBody.Accept(parsing: $0) }),
        ("failure", { _ = try LinkBody.Failure(parsing: $0) }), ("path", { _ = try LinkBody.Path(parsing: $0) }),
        ("file", { _ = try LinkBody.File(parsing: $0) }), ("target", { _ = try LinkBody.Target(parsing: $0) }),
    ]

    @Test func whatIsNoMapWithUniqueNames_IsNoBody() {
        for (name, read) in Self.readers {
            for bytes in [[], [0xC0], [0x01], [0x90], [0xA0], Self.body(["a": .null, "a": .null])] {
                #expect(throws: MessageError.self, "\(name) \(bytes)") { try read(bytes) }
            }
        }
    }

    private static let wrongTypes: [(name: String, member: String, value: MessagePackValue)] = [
        ("open", "versions", .integer(1)), ("open", "versions", .array([.string("1")])),
        ("accept", "version", .string("1")), ("accept", "protocols", .map([])), ("failure", "err", .integer(1)),
        ("failure", "close", .integer(1)), ("failure", "msgtype", .binary([])), ("path", "path", .binary([0x2F])),
        ("file", "path", .integer(1)), ("file", "size", .float(1)), ("file", "uid", .string("0")),
        ("file", "gid", .bool(true)), ("file", "mode", .string("644")), ("file", "src_path", .integer(1)),
        ("target", "remote_host", .integer(1)), ("target", "remote_port", .string("22")),
        ("target", "protocol", .integer(6)),
    ]

    @Test func memberOfAnotherType_IsRefusedByName() {
        for (name, member, value) in Self.wrongTypes {
            var members: [MessagePackValue.Member] = [.init(member, value)]
            for needed in ["path", "remote_host"] where needed != member {
                members.append(.init(needed, .string("/x")))
            }
            if member != "remote_port" { members.append(.init("remote_port", .integer(22))) }
            var writer = MessagePackWriter()
            MessagePackValue.map(members).write(to: &writer)
            for (reader, read) in Self.readers where reader == name {
                #expect(throws: MessageError.wrongType(member), "\(name)") { try read(writer.bytes) }
            }
        }
    }

    @Test func missingAndNullMembers_AreTheSame() throws {
        for bytes in [Self.body([:]), Self.body(["versions": .null, "err": .null, "close": .null, "version": .null])] {
            #expect(try LinkBody.Open(parsing: bytes).versions.isEmpty)
            #expect(try LinkBody.Failure(parsing: bytes) == LinkBody.Failure(""))
            #expect(try LinkBody.Accept(parsing: bytes) == LinkBody.Accept(version: 1, protocols: []))
            #expect(throws: MessageError.missingMember("path")) { try LinkBody.Path(parsing: bytes) }
            #expect(throws: MessageError.missingMember("remote_host")) { try LinkBody.Target(parsing: bytes) }
        }
    }

    @Test func protocolsBeyond16Bits_AreLeftOut() throws {
        let numbers: [MessagePackValue] = [.integer(1), .integer(0x1_0000), .integer(-1), .integer(0xFFFF)]
        let accept = try LinkBody.Accept(parsing: Self.body(["protocols": .array(numbers)]))
        #expect(accept.protocols == [.shell, .control])
    }

    @Test(arguments: [(0, true), (1, true), (65535, true), (65536, false), (-1, false)])
    func port_Has16Bits(number: Int64, isTaken: Bool) throws {
        let bytes = Self.body(["remote_host": .string("h"), "remote_port": .integer(number)])
        if isTaken {
            #expect(try LinkBody.Target(parsing: bytes) == LinkBody.Target(host: "h", port: UInt16(number)))
        } else {
            #expect(throws: MessageError.invalidMember("remote_port")) { try LinkBody.Target(parsing: bytes) }
        }
    }

    private static let times: [(type: Int8, bytes: [UInt8], seconds: Int64?)] = [
        (-1, [0, 0, 0, 1], 1), (-1, [0xFF, 0xFF, 0xFF, 0xFF], 0xFFFF_FFFF),
        // 30 bits of nanoseconds in front of 34 bits of seconds.
        (-1, [0xFF, 0xFF, 0xFF, 0xFC, 0, 0, 0, 5], 5), (-1, [0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF], 0x3_FFFF_FFFF),
        (-1, [9, 9, 9, 9] + [UInt8](repeating: 0xFF, count: 8), -1), (-1, [0, 0, 0], nil), (-1, [], nil),
        (-1, [UInt8](repeating: 0, count: 16), nil), (1, [0, 0, 0, 1], nil),
    ]

    /// The three forms of a timestamp in MessagePack's specification; what is none is no reason to refuse a file.
    @Test func time_IsReadInEveryForm() throws {
        for (type, bytes, seconds) in Self.times {
            let body = Self.body(["path": .string("/x"), "modtime": .extension(type: type, bytes)])
            #expect(try LinkBody.File(parsing: body).modified == seconds, "\(bytes)")
        }
        #expect(try LinkBody.File(parsing: Self.body(["path": .string("/x"), "modtime": .integer(5)])).modified == nil)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func bodies_AreReadAsWritten_AndRefusedWhenCut(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<60 {
            var file = LinkBody.File(
                path: "/" + generator.text(0...10), size: generator.pick([nil, 0, 1 << 40]),
                userID: generator.pick([nil, 0, 1000]), groupID: generator.pick([nil, 65534]),
                mode: generator.pick([nil, 0o755]))
            file.sourcePath = generator.pick([nil, generator.text(0...5)])
            file.modified = generator.pick([nil, 0, -1, 1_795_000_000, .max, .min])
            #expect(try LinkBody.File(parsing: file.encoded()) == file)
            for cut in Damage.beginnings(of: file.encoded()) {
                #expect(throws: MessageError.self) { try LinkBody.File(parsing: cut) }
            }
            let failure = LinkBody.Failure(
                generator.text(0...20), closes: generator.pick([true, false]),
                messageType: generator.pick([nil, generator.text(1...9)]))
            #expect(try LinkBody.Failure(parsing: failure.encoded()) == failure)
            for cut in Damage.beginnings(of: failure.encoded()) {
                #expect(throws: MessageError.self) { try LinkBody.Failure(parsing: cut) }
            }
        }
    }
}
