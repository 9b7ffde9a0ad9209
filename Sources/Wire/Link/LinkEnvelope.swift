package import Encoding

/// The device link (docs/protocols/mender.md 13): one WebSocket between hub and device over which shells, file
/// transfers and port forwards of several operators run side by side. Every binary message is one envelope:
///
/// ```
/// {"hdr": {"proto": uint16, "typ": str, "sid": str, "props": map}, "body": bin}
/// ```
///
/// `sid` names the session of one operator: the hub sets it on the way to the device and routes
/// replies by it. Encodings of numbers are preserved, since some readers take an `offset` as signed 64-bit only.
package struct LinkEnvelope: Sendable, Equatable {
    /// Largest message a device takes, in bytes; a larger one makes it drop the connection.
    package static let deviceLimit = 8192
    /// Largest message the hub takes, in bytes.
    package static let hubLimit = 64 << 10
    /// Most bytes of a shell's or a file's content in one message.
    package static let chunk = 4096
    /// The WebSocket's subprotocol; older devices name none.
    package static let subprotocol = "protomsg/msgpack"

    /// One property of the header.
    package struct Property: Sendable, Equatable {
        package let name: String
        /// Its value, as MessagePack.
        package let encoded: [UInt8]
    }

    /// Which protocol the message belongs to.
    package var proto: LinkProtocol
    /// What it says within its protocol: `new`, `shell`, `get_file`.
    package var type: String
    /// Session it belongs to; empty when the sender named none.
    package var session: String
    /// Further properties, names unique.
    package var properties: [Property]
    /// Content; for most protocols MessagePack again.
    package var body: [UInt8]

    package init(_ proto: LinkProtocol, _ type: String, session: String = "", body: [UInt8] = []) {
        self.proto = proto
        self.type = type
        self.session = session
        properties = []
        self.body = body
    }

    package init(parsing bytes: [UInt8]) throws(MessageError) {
        var reader = try MessagePackReader(bytes)
        var header: Header?
        var body: [UInt8]?
        try reader.readMap { name, reader throws(MessageError) in
            switch name {
            case "hdr":
                if header != nil { throw .duplicateMember(name) }
                header = try Header(&reader)
            case "body":
                if body != nil { throw .duplicateMember(name) }
                body = try Self.body(&reader)
            default: try reader.skipValue()
            }
        }
        try reader.finish()
        guard let header, let proto = header.proto else { throw .missingMember("proto") }
        guard let type = header.type, !type.isEmpty else { throw .missingMember("typ") }
        self.proto = proto
        self.type = type
        session = header.session ?? ""
        properties = header.properties
        self.body = body ?? []
    }

    /// The message as it goes over the wire.
    package func encoded() -> [UInt8] {
        var writer = MessagePackWriter(capacity: body.count + 256)
        writer.map(body.isEmpty ? 1 : 2)
        writer.string("hdr")
        writer.map(2 + (session.isEmpty ? 0 : 1) + (properties.isEmpty ? 0 : 1))
        writer.string("proto")
        writer.uint16(proto.rawValue)
        writer.string("typ")
        writer.string(type)
        if !session.isEmpty {
            writer.string("sid")
            writer.string(session)
        }
        if !properties.isEmpty {
            writer.string("props")
            writer.map(properties.count)
            for property in properties {
                writer.string(property.name)
                writer.raw(property.encoded)
            }
        }
        if !body.isEmpty {
            writer.string("body")
            writer.binary(body)
        }
        return writer.bytes
    }

    private static func body(_ reader: inout MessagePackReader) throws(MessageError) -> [UInt8] {
        switch try reader.peek() {
        case .binary: return try reader.readBinary()
        case .null:
            try reader.readNull()
            return []
        default: throw .wrongType("body")
        }
    }
}

extension LinkEnvelope {
    /// A text property; `nil` when it is missing or something else.
    package func text(_ name: String) -> String? {
        guard case .string(let text) = value(name) else { return nil }
        return text
    }

    /// A number among the properties; `nil` when it is missing or something else.
    package func number(_ name: String) -> Int64? {
        guard case .integer(let number) = value(name) else { return nil }
        return number
    }

    /// Sets a text property.
    package mutating func set(_ name: String, _ text: String) {
        set(name) { $0.string(text) }
    }

    /// Sets a number; an `offset` as signed 64-bit, which is the only form devices take it in.
    package mutating func set(_ name: String, _ number: Int64) {
        set(name) { writer in
            if name == "offset" { writer.int64(number) } else { writer.integer(number) }
        }
    }

    private mutating func set(_ name: String, _ write: (inout MessagePackWriter) -> Void) {
        var writer = MessagePackWriter(capacity: 64)
        write(&writer)
        let property = Property(name: name, encoded: writer.bytes)
        if let index = properties.firstIndex(where: { $0.name == name }) {
            properties[index] = property
        } else {
            properties.append(property)
        }
    }

    private func value(_ name: String) -> MessagePackValue? {
        guard let property = properties.first(where: { $0.name == name }) else { return nil }
        return try? MessagePackValue(parsing: property.encoded)
    }
}

/// What a message of the device link is about.
package struct LinkProtocol: RawRepresentable, Sendable, Hashable {
    /// The number on the wire.
    package let rawValue: UInt16

    /// Any protocol, also one that is not known here.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let shell = LinkProtocol(rawValue: 1)
    package static let files = LinkProtocol(rawValue: 2)
    /// TCP or UDP through the device.
    package static let forward = LinkProtocol(rawValue: 3)
    /// Commands to the update client.
    package static let client = LinkProtocol(rawValue: 4)
    package static let control = LinkProtocol(rawValue: 0xFFFF)
}

private struct Header {
    /// Most properties of one message.
    private static let propertyLimit = 32

    var proto: LinkProtocol?
    var type: String?
    var session: String?
    var properties: [LinkEnvelope.Property] = []

    init(_ reader: inout MessagePackReader) throws(MessageError) {
        guard try reader.peek() == .map else { throw .wrongType("hdr") }
        var names: Set<String> = []
        var found = Header()
        try reader.readMap { name, reader throws(MessageError) in
            guard ["proto", "typ", "sid", "props"].contains(name) else { return try reader.skipValue() }
            guard names.insert(name).inserted else { throw .duplicateMember(name) }
            if try reader.peek() == .null { return try reader.readNull() }
            switch name {
            case "proto":
                guard try reader.peek() == .integer, let number = UInt16(exactly: try reader.readInteger()) else {
                    throw .invalidMember(name)
                }
                found.proto = LinkProtocol(rawValue: number)
            case "typ": found.type = try Self.word(name, &reader)
            case "sid": found.session = try Self.word(name, &reader)
            default: found.properties = try Self.properties(&reader)
            }
        }
        self = found
    }

    private init() {}

    private static func word(_ name: String, _ reader: inout MessagePackReader) throws(MessageError) -> String {
        guard try reader.peek() == .string else { throw .wrongType(name) }
        let text = try reader.readString()
        guard text.utf8.count <= 128 else { throw .invalidMember(name) }
        return text
    }

    private static func properties(_ reader: inout MessagePackReader) throws(MessageError) -> [LinkEnvelope.Property] {
        guard try reader.peek() == .map else { throw .wrongType("props") }
        var properties: [LinkEnvelope.Property] = []
        try reader.readMap { name, reader throws(MessageError) in
            guard properties.count < propertyLimit else { throw .tooManyValues(limit: propertyLimit) }
            guard !properties.contains(where: { $0.name == name }) else { throw .duplicateMember("of props") }
            properties.append(LinkEnvelope.Property(name: name, encoded: try reader.readRaw()))
        }
        return properties
    }
}
