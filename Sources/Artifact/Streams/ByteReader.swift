/// Gives the next bytes of something, none at its end.
package typealias ArtifactSource = () throws(ArtifactError) -> ArraySlice<UInt8>

/// Cuts parts of any length into what their reader asks for.
final class ByteReader {
    private let source: ArtifactSource
    private var rest: ArraySlice<UInt8> = []
    /// Bytes given out.
    private(set) var position: Int64 = 0

    init(_ source: @escaping ArtifactSource) { self.source = source }

    /// The next bytes, `limit` at most; none at the end.
    func part(atMost limit: Int) throws(ArtifactError) -> ArraySlice<UInt8> {
        if rest.isEmpty { rest = try source() }
        let part = rest.prefix(limit)
        rest = rest.dropFirst(part.count)
        position += Int64(part.count)
        return part
    }

    /// Exactly so many bytes, `nil` when there are none at all.
    func block(_ count: Int) throws(ArtifactError) -> [UInt8]? {
        var block: [UInt8] = []
        block.reserveCapacity(count)
        while block.count < count {
            let part = try part(atMost: count - block.count)
            if part.isEmpty {
                guard block.isEmpty else { throw .truncated }
                return nil
            }
            block += part
        }
        return block
    }
}
