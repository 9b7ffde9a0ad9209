package import Encoding

/// Bodies of the device link's messages (docs/protocols/mender.md 13.3 and 13.4). Members that are missing are `nil`;
/// unknown ones are skipped.
package enum LinkBody {}

extension LinkBody {
    /// Control `open`: versions of the session the sender speaks.
    package struct Open: Sendable, Equatable {
        /// Only 1 exists.
        package var versions: [Int64]

        package init(versions: [Int64] = [1]) {
            self.versions = versions
        }

        package init(parsing bytes: [UInt8]) throws(MessageError) {
            let members = try Members(bytes)
            versions = try members.numbers("versions") ?? []
        }

        /// The body as bytes.
        package func encoded() -> [UInt8] {
            encode([.init("versions", .array(versions.map { .integer($0) }))])
        }
    }

    /// Control `accept`: what the device allows.
    package struct Accept: Sendable, Equatable {
        /// Version of the session.
        package var version: Int64
        /// Protocols, in any order.
        package var protocols: [LinkProtocol]

        package init(version: Int64 = 1, protocols: [LinkProtocol]) {
            self.version = version
            self.protocols = protocols
        }

        package init(parsing bytes: [UInt8]) throws(MessageError) {
            let members = try Members(bytes)
            version = try members.number("version") ?? 1
            protocols = try (members.numbers("protocols") ?? []).compactMap { number in
                UInt16(exactly: number).map(LinkProtocol.init(rawValue:))
            }
        }

        /// The body as bytes.
        package func encoded() -> [UInt8] {
            encode([
                .init("version", .integer(version)),
                .init("protocols", .array(protocols.map { .integer(Int64($0.rawValue)) })),
            ])
        }
    }

    /// `error`, of the control and of the other protocols.
    package struct Failure: Sendable, Equatable {
        /// What went wrong, for people; untrusted text when it comes from a device.
        package var text: String
        /// Whether the session ends with it.
        package var closes: Bool
        /// Type of the message that led to it.
        package var messageType: String?

        package init(_ text: String, closes: Bool = false, messageType: String? = nil) {
            self.text = text
            self.closes = closes
            self.messageType = messageType
        }

        package init(parsing bytes: [UInt8]) throws(MessageError) {
            let members = try Members(bytes)
            text = try members.text("err") ?? ""
            closes = try members.bool("close") ?? false
            messageType = try members.text("msgtype")
        }

        /// The body as bytes.
        package func encoded() -> [UInt8] {
            var members = [MessagePackValue.Member("err", .string(text)), .init("close", .bool(closes))]
            if let messageType { members.append(.init("msgtype", .string(messageType))) }
            return encode(members)
        }
    }

    /// `stat` and `get_file`: which file.
    package struct Path: Sendable, Equatable {
        /// Absolute path on the device.
        package var path: String

        package init(_ path: String) {
            self.path = path
        }

        package init(parsing bytes: [UInt8]) throws(MessageError) {
            guard let path = try Members(bytes).text("path") else { throw .missingMember("path") }
            self.path = path
        }

        /// The body as bytes.
        package func encoded() -> [UInt8] {
            encode([.init("path", .string(path))])
        }
    }

    /// `put_file` and `file_info`: a file's name and what is known of it.
    package struct File: Sendable, Equatable {
        /// Absolute path on the device.
        package var path: String
        /// Where the operator's file lies; of no meaning to the device.
        package var sourcePath: String?
        /// Size in bytes.
        package var size: Int64?
        package var userID: Int64?
        package var groupID: Int64?
        /// Rights in the lower nine bits; above them the kind of file, in bits of the device's own language.
        package var mode: Int64?
        /// Last change, Unix seconds.
        package var modified: Int64?

        package init(path: String, size: Int64? = nil, userID: Int64? = nil, groupID: Int64? = nil, mode: Int64? = nil)
        {
            self.path = path
            self.size = size
            self.userID = userID
            self.groupID = groupID
            self.mode = mode
        }

        package init(parsing bytes: [UInt8]) throws(MessageError) {
            let members = try Members(bytes)
            guard let path = try members.text("path") else { throw .missingMember("path") }
            self.path = path
            sourcePath = try members.text("src_path")
            size = try members.number("size")
            userID = try members.number("uid")
            groupID = try members.number("gid")
            mode = try members.number("mode")
            modified = members.time("modtime")
        }

        /// The body as bytes.
        package func encoded() -> [UInt8] {
            var members = [MessagePackValue.Member("path", .string(path))]
            if let sourcePath { members.append(.init("src_path", .string(sourcePath))) }
            for (name, number) in [("size", size), ("uid", userID), ("gid", groupID), ("mode", mode)] {
                if let number { members.append(.init(name, .integer(number))) }
            }
            if let modified { members.append(.init("modtime", .extension(type: -1, Self.stamp(modified)))) }
            return encode(members)
        }

        /// MessagePack's timestamp in 96 bits: nanoseconds, then seconds.
        private static func stamp(_ seconds: Int64) -> [UInt8] {
            [0, 0, 0, 0]
                + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: seconds >> Int64($0)) }
        }
    }

    /// `new` of a port forward: where the device shall connect to.
    package struct Target: Sendable, Equatable {
        /// Name or address, as the device sees it.
        package var host: String
        /// Port.
        package var port: UInt16
        /// `tcp` or `udp`.
        package var transport: String

        package init(host: String, port: UInt16, transport: String = "tcp") {
            self.host = host
            self.port = port
            self.transport = transport
        }

        package init(parsing bytes: [UInt8]) throws(MessageError) {
            let members = try Members(bytes)
            guard let host = try members.text("remote_host") else { throw .missingMember("remote_host") }
            guard let number = try members.number("remote_port"), let port = UInt16(exactly: number) else {
                throw .invalidMember("remote_port")
            }
            self.host = host
            self.port = port
            transport = try members.text("protocol") ?? "tcp"
        }

        /// The body as bytes.
        package func encoded() -> [UInt8] {
            encode([
                .init("remote_host", .string(host)), .init("remote_port", .integer(Int64(port))),
                .init("protocol", .string(transport)),
            ])
        }
    }
}

private func encode(_ members: [MessagePackValue.Member]) -> [UInt8] {
    var writer = MessagePackWriter(capacity: 128)
    MessagePackValue.map(members).write(to: &writer)
    return writer.bytes
}

/// The members of a body; `nil` counts as missing.
private struct Members {
    private let value: MessagePackValue

    init(_ bytes: [UInt8]) throws(MessageError) {
        value = try MessagePackValue(parsing: bytes)
        guard case .map(let members) = value else { throw .wrongType("body") }
        var names: Set<String> = []
        for member in members where !names.insert(member.name).inserted { throw .duplicateMember("of the body") }
    }

    func text(_ name: String) throws(MessageError) -> String? {
        switch value[name] {
        case .none, .null: return nil
        case .string(let text): return text
        default: throw .wrongType(name)
        }
    }

    func number(_ name: String) throws(MessageError) -> Int64? {
        switch value[name] {
        case .none, .null: return nil
        case .integer(let number): return number
        default: throw .wrongType(name)
        }
    }

    func bool(_ name: String) throws(MessageError) -> Bool? {
        switch value[name] {
        case .none, .null: return nil
        case .bool(let bool): return bool
        default: throw .wrongType(name)
        }
    }

    func numbers(_ name: String) throws(MessageError) -> [Int64]? {
        switch value[name] {
        case .none, .null: return nil
        case .array(let elements):
            var numbers: [Int64] = []
            for element in elements {
                guard case .integer(let number) = element else { throw .wrongType(name) }
                numbers.append(number)
            }
            return numbers
        default: throw .wrongType(name)
        }
    }

    /// MessagePack's timestamp in any of its three forms; of interest to people only, so anything else is none.
    func time(_ name: String) -> Int64? {
        guard case .extension(type: -1, let bytes) = value[name] else { return nil }
        let number = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch bytes.count {
        case 4: return Int64(number)
        case 8: return Int64(number & 0x3_FFFF_FFFF)
        case 12: return Int64(bitPattern: number)
        default: return nil
        }
    }
}
