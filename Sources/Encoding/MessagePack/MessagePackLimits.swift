/// What a MessagePack document may cost its reader.
package struct MessagePackLimits: Sendable, Equatable {
    /// Largest document in bytes.
    package var bytes: Int
    /// Deepest nesting: a map of scalars has depth 1.
    package var depth: Int
    /// Largest number of values in the whole document; a key is one, too.
    package var values: Int

    /// One message of the device link: 64 KiB, 8 levels, 512 values.
    package static let message = MessagePackLimits(bytes: 65536, depth: 8, values: 512)

    package init(bytes: Int, depth: Int, values: Int) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}
