/// Reads the kernel's answer to a question for its neighbour table (netlink(7), rtnetlink(7)), and writes the question.
///
/// Message: length, type, flags, sequence number and port in 16 bytes; of a neighbour then family, interface, state,
/// flags and type in 12, then attributes, each with length and type in 4 bytes. All of them begin at a multiple of
/// four; numbers are in the machine's order.
package struct NeighbourMessages: Sendable {
    /// What became of an answer.
    package enum Progress: Sendable, Equatable {
        /// More is to come.
        case unfinished
        case finished
        /// The kernel refused, or the bytes are not an answer.
        case failed
    }

    private enum Kind {
        static let error: UInt64 = 2
        static let done: UInt64 = 3
        static let newNeighbour: UInt64 = 28
        static let getNeighbour: UInt64 = 30
    }

    /// Entries that are kept at most; the kernel's own bound is mostly 1,024.
    private static let entryLimit = 65_536
    /// NUD_INCOMPLETE, NUD_FAILED, NUD_NOARP: nobody has answered under this address.
    private static let stateWithoutNeighbour: UInt64 = 0x01 | 0x20 | 0x40

    private let sequence: UInt32
    /// Whose addresses they are.
    package private(set) var links: [SourceAddress: LinkAddress] = [:]

    /// - Parameter sequence: number of the question; answers to others are passed over.
    package init(sequence: UInt32) {
        self.sequence = sequence
    }

    /// The question for the whole table, both families.
    package var question: [UInt8] {
        func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
            let littleEndian = (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return Self.isLittleEndian ? littleEndian : littleEndian.reversed()
        }
        // NLM_F_REQUEST and NLM_F_DUMP.
        return bytes(UInt32(28)) + bytes(UInt16(Kind.getNeighbour)) + bytes(UInt16(0x301)) + bytes(sequence)
            + bytes(UInt32(0)) + [UInt8](repeating: 0, count: 12)
    }

    /// Takes what one read brought: whole messages.
    package mutating func read(_ bytes: [UInt8]) -> Progress {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 16, let length = Self.number(rest, at: 0, 4), (16...UInt64(rest.count)).contains(length)
            else { return .failed }
            let message = rest.prefix(Int(length))
            rest = rest.dropFirst((Int(length) + 3) & ~3)
            guard Self.number(message, at: 8, 4) == UInt64(sequence) else { continue }
            switch Self.number(message, at: 4, 2) {
            case Kind.done: return .finished
            case Kind.error: return .failed
            case Kind.newNeighbour: take(message.dropFirst(16))
            default: break
            }
        }
        return .unfinished
    }

    /// One entry of the table; what is not a neighbour with an address of Internet and link is passed over.
    private mutating func take(_ message: ArraySlice<UInt8>) {
        guard message.count >= 12, let state = Self.number(message, at: 8, 2),
            state & Self.stateWithoutNeighbour == 0, links.count < Self.entryLimit
        else { return }
        var address: SourceAddress?
        var link: LinkAddress?
        var rest = message.dropFirst(12)
        while rest.count >= 4, let length = Self.number(rest, at: 0, 2), (4...UInt64(rest.count)).contains(length) {
            let value = rest.prefix(Int(length)).dropFirst(4)
            switch Self.number(rest, at: 2, 2) {
            case 1: address = SourceAddress(bytes: value)
            case 2: link = LinkAddress(bytes: value)
            default: break
            }
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
        if let address, let link { links[address] = link }
    }

    private static let isLittleEndian = 1.littleEndian == 1

    /// A number of so many bytes behind so many others.
    private static func number(_ bytes: ArraySlice<UInt8>, at offset: Int, _ count: Int) -> UInt64? {
        guard bytes.count >= offset + count else { return nil }
        let part = bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + count)]
        return isLittleEndian
            ? part.reversed().reduce(0) { $0 << 8 | UInt64($1) } : part.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
