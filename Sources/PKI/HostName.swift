// Unicode's normal forms: see Wire/Devices/DeviceIDProblem.swift.
@_spi(_Unicode) internal import Swift

/// Why a text is not a DNS name that can appear in a certificate.
package enum HostNameProblem: Error, Equatable, Sendable {
    /// It is written with other letters than ASCII; what to write instead, where that can be said.
    case international(String?)
    /// It has no dot.
    case single
    /// A label is empty or longer than 63 characters, or all of it is longer than 253.
    case length
    /// A label holds something else than letters, digits and hyphens, or a hyphen at an end.
    case character
    /// The last label is a number, so that it reads like an address.
    case numeric

    /// Behind the value: what is wrong, and what to write.
    package var message: String {
        switch self {
        case .international(let name?): "is not ASCII; write \(name)"
        case .international(nil): "is not ASCII; write its form that begins with xn--"
        case .single: "needs a dot, such as hub.example"
        case .length: "has a part that is empty or longer than 63 characters, or is longer than 253"
        case .character: "may hold letters, digits and hyphens only, no hyphen at an end of a part"
        case .numeric: "ends with a number but is not an address"
        }
    }
}

/// A DNS name as certificates have it: the preferred name syntax (RFC 5280 4.2.1.6, RFC 1034 3.5).
package enum HostName {
    /// The name without the dot of the root behind it. That it has one label only is found last: such a name is right
    /// in all else.
    ///
    /// - Throws: ``HostNameProblem``.
    package static func read(_ text: String) throws(HostNameProblem) -> String {
        // By scalars: a character that a dot ends may have another one before it.
        let name = text.utf8.last == UInt8(ascii: ".") ? String(text.unicodeScalars.dropLast()) : text
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { throw .international(ascii(name)) }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.count) }) else { throw .length }
        let hyphen = UInt8(ascii: "-")
        for label in labels {
            guard label.first != hyphen, label.last != hyphen, label.allSatisfy({ isPlain($0) || $0 == hyphen }) else {
                throw .character
            }
        }
        guard labels.last?.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) == false else {
            throw .numeric
        }
        guard labels.count > 1 else { throw .single }
        return name
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// The A-labels of a name (RFC 5891 4), to be proposed to a person: lower case and normal form C are brought about,
    /// nothing else of IDNA is looked at. `nil` when that gives no name.
    static func ascii(_ name: String) -> String? {
        var normal = String.UnicodeScalarView()
        for scalar in name.lowercased()._nfc { normal.append(scalar == "\u{3002}" ? "." : scalar) }
        let labels = normal.split(separator: ".", omittingEmptySubsequences: false).map { label in
            label.allSatisfy(\.isASCII) ? String(label) : Punycode.encode(Array(label)).map { "xn--" + $0 }
        }
        let all = labels.compactMap(\.self)
        guard all.count == labels.count, let read = try? read(all.joined(separator: ".")) else { return nil }
        return read
    }
}

/// Punycode (RFC 3492).
private enum Punycode {
    static func encode(_ scalars: [Unicode.Scalar]) -> String? {
        guard scalars.count <= 63 else { return nil }
        var output = scalars.filter(\.isASCII).map { UInt8(truncatingIfNeeded: $0.value) }
        let basic = output.count
        var (handled, delta, bias, next) = (basic, 0, 72, 128)
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        while handled < scalars.count {
            guard let least = scalars.map({ Int($0.value) }).filter({ $0 >= next }).min() else { return nil }
            delta += (least - next) * (handled + 1)
            next = least
            for scalar in scalars {
                if scalar.value < next { delta += 1 }
                guard scalar.value == next else { continue }
                output += digits(delta, bias)
                bias = adapt(delta, points: handled + 1, isFirst: handled == basic)
                (delta, handled) = (0, handled + 1)
            }
            (delta, next) = (delta + 1, next + 1)
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func digits(_ delta: Int, _ bias: Int) -> [UInt8] {
        var digits: [UInt8] = []
        var (rest, step) = (delta, 36)
        while true {
            let threshold = min(max(step - bias, 1), 26)
            if rest < threshold { return digits + [digit(rest)] }
            digits.append(digit(threshold + (rest - threshold) % (36 - threshold)))
            rest = (rest - threshold) / (36 - threshold)
            step += 36
        }
    }

    private static func digit(_ value: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 26 ? 0x61 + value : 0x30 + value - 26)
    }

    private static func adapt(_ delta: Int, points: Int, isFirst: Bool) -> Int {
        var (delta, steps) = (isFirst ? delta / 700 : delta / 2, 0)
        delta += delta / points
        while delta > 455 {
            delta /= 35
            steps += 36
        }
        return steps + 36 * delta / (delta + 38)
    }
}
