/// What a document may cost its reader. Every parser in this module takes one, so that a stranger on the network cannot
/// make the hub or a device spend memory or stack at will.
package struct JSONLimits: Sendable, Equatable {
    /// Largest document in bytes.
    package var bytes: Int
    /// Deepest nesting: `{}` has depth 1.
    package var depth: Int
    /// Largest number of values in the whole document (members, elements, and the document itself).
    package var values: Int

    /// Limits for a message of the provisioning protocol: 64 KiB, 16 levels, 1,024 values.
    package static let message = JSONLimits(bytes: 65536, depth: 16, values: 1024)

    /// Makes limits; the defaults are those of a message.
    package init(bytes: Int = 65536, depth: Int = 16, values: Int = 1024) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}
