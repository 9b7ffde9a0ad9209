/// A MessagePack value as a tree, for what is not worth a reader of its own.
package indirect enum MessagePackValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// Of any form; ``write(to:)`` gives it the shortest.
    case integer(Int64)
    case float(Double)
    case string(String)
    case binary([UInt8])
    case array([MessagePackValue])
    /// Members in the order of the document, as `[name, value]`; keys that are not strings are left out.
    case map([Member])
    /// An application's or a predefined type.
    case `extension`(type: Int8, [UInt8])

    /// One member of a map.
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: MessagePackValue

        package init(_ name: String, _ value: MessagePackValue) {
            self.name = name
            self.value = value
        }
    }

    /// Reads a whole document.
    package init(parsing bytes: [UInt8], limits: MessagePackLimits = .message) throws(MessageError) {
        var reader = try MessagePackReader(bytes, limits: limits)
        self = try MessagePackValue(&reader)
        try reader.finish()
    }

    /// Reads the next value.
    package init(_ reader: inout MessagePackReader) throws(MessageError) {
        switch try reader.peek() {
        case .null:
            try reader.readNull()
            self = .null
        case .bool: self = .bool(try reader.readBool())
        case .integer: self = .integer(try reader.readInteger())
        case .float: self = .float(try reader.readFloat())
        case .string: self = .string(try reader.readString())
        case .binary: self = .binary(try reader.readBinary())
        case .extension:
            let read = try reader.readExtension()
            self = .extension(type: read.type, read.bytes)
        case .array:
            var elements: [MessagePackValue] = []
            try reader.readArray { reader throws(MessageError) in elements.append(try MessagePackValue(&reader)) }
            self = .array(elements)
        case .map:
            var members: [Member] = []
            try reader.readMap { name, reader throws(MessageError) in
                members.append(Member(name, try MessagePackValue(&reader)))
            }
            self = .map(members)
        }
    }

    package func write(to writer: inout MessagePackWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .float(let value): writer.float(value)
        case .string(let text): writer.string(text)
        case .binary(let bytes): writer.binary(bytes)
        case .extension(let type, let bytes): writer.extension(type: type, bytes)
        case .array(let elements):
            writer.array(elements.count)
            for element in elements { element.write(to: &writer) }
        case .map(let members):
            writer.map(members.count)
            for member in members {
                writer.string(member.name)
                member.value.write(to: &writer)
            }
        }
    }

    /// The value of a member; `nil` when this is not a map or has no such member.
    package subscript(name: String) -> MessagePackValue? {
        guard case .map(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
