// Unicode's normal forms are there in the standard library, but not yet in its interface; a test pins what is asked of
// them.
internal import Encoding
@_spi(_Unicode) internal import Swift

/// Why a text can't be the ID of a new device (docs/protocols/idprov.md 4).
package enum DeviceIDProblem: Error, Equatable, Sendable {
    case empty
    /// It has more than 64 characters, the limit of X.509 for a common name.
    case tooLong
    /// It is no UTF-8.
    case notText
    /// White space at its beginning or end: what spreadsheets leave behind.
    case whiteSpaceAtEnd(Unicode.Scalar)
    case control(Unicode.Scalar)
    /// A character that is not seen, such as U+200B: format characters, whatever Unicode has ignored when it can't be
    /// shown (`Default_Ignorable_Code_Point`), and the empty Braille pattern.
    case invisible(Unicode.Scalar)
    /// A separator other than the plain space, such as U+00A0.
    case separator(Unicode.Scalar)
    /// A code point that stands for no character, or for one on which only its users agreed (private use), or for one
    /// that was lost (U+FFFD).
    case unassigned(Unicode.Scalar)
    /// A combining mark at its begin: it would join whatever is shown before it.
    case leadingMark(Unicode.Scalar)
    /// One of `/ + # \`, which mean something in topics and paths.
    case reserved(Unicode.Scalar)
    /// A `$` at its begin, which brokers keep for topics of their own.
    case leadingDollar
    /// `.` or `..`, which name folders.
    case folder
    /// It is not in Unicode's normal form C: another text looks exactly like it.
    case notNormal

    /// Behind "the device ID": what is wrong, and what to write.
    package var message: String {
        switch self {
        case .empty: "is empty; it must have 1 to \(IDProv.deviceIDLimit) characters"
        case .tooLong: "has more than \(IDProv.deviceIDLimit) characters"
        case .notText: "is no UTF-8"
        case .whiteSpaceAtEnd(let scalar): "begins or ends with white space (\(Self.name(scalar))); remove it"
        case .control(let scalar): "contains the control character \(Self.name(scalar)); remove it"
        case .invisible(let scalar): "contains the invisible character \(Self.name(scalar)); remove it"
        case .separator(let scalar): "contains the separator \(Self.name(scalar)); use a plain space or a hyphen"
        case .unassigned(let scalar): "contains \(Self.name(scalar)), which is not an assigned character; remove it"
        case .leadingMark(let scalar): "begins with the combining mark \(Self.name(scalar)); remove it"
        case .reserved(let scalar): "contains '\(scalar)', which is reserved in MQTT topics and paths; use - or _"
        case .leadingDollar: "begins with $, which MQTT brokers reserve; remove it"
        case .folder: "is . or .., which are folder names; choose another"
        case .notNormal: "is not NFC-normalized, so a different ID could look identical; retype it"
        }
    }

    private static func name(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension DeviceID {
    /// Why a text can't be the ID of a new device; `nil` when it can. Devices the hub knows already keep the ID they
    /// have.
    package static func problem(in text: String) -> DeviceIDProblem? {
        var text = text
        return text.withUTF8 { bytes in unsafe problem(inASCII: bytes) } ?? problem(inUnicode: text)
    }

    /// The same for bytes of a file.
    package static func problem(in bytes: ArraySlice<UInt8>) -> DeviceIDProblem? {
        if let found = unsafe bytes.withUnsafeBufferPointer({ unsafe problem(inASCII: $0) }) { return found }
        guard let text = String(validating: bytes, as: UTF8.self) else { return .notText }
        return problem(inUnicode: text)
    }

    /// Nearly all IDs are ASCII, and a file may hold a million: one look at each byte. The outer `nil`: there are
    /// others than ASCII.
    private static func problem(inASCII bytes: UnsafeBufferPointer<UInt8>) -> DeviceIDProblem?? {
        guard let first = unsafe bytes.first, let last = unsafe bytes.last else { return .some(.empty) }
        for index in bytes.indices {
            let byte = unsafe bytes[index]
            guard byte < 0x80 else { return nil }
            if let found = problem(of: Unicode.Scalar(byte)) { return .some(found) }
        }
        if bytes.count > IDProv.deviceIDLimit { return .some(.tooLong) }
        if first == 0x20 || last == 0x20 { return .some(.whiteSpaceAtEnd(" ")) }
        if first == UInt8(ascii: "$") { return .some(.leadingDollar) }
        let isFolder = first == UInt8(ascii: ".") && last == first && bytes.count <= 2
        return .some(isFolder ? .folder : nil)
    }

    private static func problem(inUnicode text: String) -> DeviceIDProblem? {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last else { return .empty }
        guard scalars.prefix(IDProv.deviceIDLimit + 1).count <= IDProv.deviceIDLimit else { return .tooLong }
        for end in [first, last] where end.properties.isWhitespace { return .whiteSpaceAtEnd(end) }
        for scalar in scalars { if let found = problem(of: scalar) { return found } }
        if first == "$" { return .leadingDollar }
        switch first.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return .leadingMark(first)
        default: break
        }
        return scalars.elementsEqual(text._nfc) ? nil : .notNormal
    }

    private static func problem(of scalar: Unicode.Scalar) -> DeviceIDProblem? {
        switch scalar {
        case "/", "+", "#", "\\": return .reserved(scalar)
        case " "..."~": return nil
        default: break
        }
        if scalar == "\u{FFFD}" { return .unassigned(scalar) }
        if PlainText.isUnseen(scalar) { return .invisible(scalar) }
        switch scalar.properties.generalCategory {
        case .control: return .control(scalar)
        case .format: return .invisible(scalar)
        case .lineSeparator, .paragraphSeparator, .spaceSeparator: return .separator(scalar)
        case .unassigned, .privateUse, .surrogate: return .unassigned(scalar)
        default: return nil
        }
    }
}
