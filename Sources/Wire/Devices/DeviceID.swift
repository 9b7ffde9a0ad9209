/// The ID of a device: the common name of its certificates, and its name in every protocol (docs/protocols/idprov.md
/// 4).
///
/// Two IDs are the same when their bytes are. Swift's `String` also takes texts for equal that merely look alike to
/// Unicode (the Kelvin sign and the letter K), which must not decide whose link, tunnel or certificate something is. So
/// whatever is kept or compared in memory by device is keyed by this type, never by `String`; `scripts/check-imports`
/// looks for such keys.
package struct DeviceID: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The ID as the device and the store write it.
    package let text: String

    /// An ID from the store or a request; whether it is valid is not looked at.
    package init(_ text: String) {
        self.text = text
    }

    /// An ID from the source code.
    package init(stringLiteral text: String) {
        self.text = text
    }

    /// An ID that may be there or not.
    package init?(_ text: String?) {
        guard let text else { return nil }
        self.text = text
    }

    package var description: String { text }

    /// Equal bytes.
    package static func == (one: DeviceID, other: DeviceID) -> Bool { isSame(one.text, other.text) }

    /// The order of the bytes, which is the store's.
    package static func < (one: DeviceID, other: DeviceID) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }

    /// Feeds the bytes.
    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(0xFF as UInt8)
    }

    /// Compares two IDs byte by byte.
    package static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8)
    }

    /// True for 1…64 characters (Unicode scalars, as X.509 counts) without control characters: what any ID is that a
    /// hub ever took, and what requests may ask for. New IDs have to follow ``problem(in:)`` as well.
    package static func isValid(_ text: String) -> Bool {
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            if isControl || count > IDProv.deviceIDLimit { return false }
        }
        return count > 0
    }
}
