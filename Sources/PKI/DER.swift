/// Writes DER: tag, length, content (X.690 section 8). ``DERReader`` reads it.
enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [tag]
        bytes.reserveCapacity(content.count + 5)
        append(length: content.count, to: &bytes)
        bytes += content
        return bytes
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] {
        let length = parts.reduce(0) { $0 + $1.count }
        var bytes: [UInt8] = [0x30]
        bytes.reserveCapacity(length + 5)
        append(length: length, to: &bytes)
        for part in parts { bytes += part }
        return bytes
    }

    static func append(length: Int, to bytes: inout [UInt8]) {
        switch length {
        case ..<0x80: bytes.append(UInt8(length))
        case ..<0x100: bytes += [0x81, UInt8(length)]
        case ..<0x10000: bytes += [0x82, UInt8(length >> 8), UInt8(length & 0xFF)]
        case ..<0x100_0000: bytes += [0x83, UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
        default:
            bytes += [0x84] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
        }
    }

    /// UTCTime up to 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5).
    static func time(_ seconds: Int64) -> [UInt8] {
        let date = CivilTime(seconds)
        return (1950..<2050).contains(date.year)
            ? element(0x17, digits(date.year % 100, 2) + withinYear(date)) : generalizedTime(seconds)
    }

    /// GeneralizedTime to the second.
    static func generalizedTime(_ seconds: Int64) -> [UInt8] {
        let date = CivilTime(seconds)
        return element(0x18, digits(date.year, 4) + withinYear(date))
    }

    private static func withinYear(_ date: CivilTime) -> [UInt8] {
        [date.month, date.day, date.hour, date.minute, date.second].flatMap { digits($0, 2) } + [0x5A]
    }

    private static func digits(_ number: Int, _ count: Int) -> [UInt8] {
        var number = number
        var digits = [UInt8](repeating: 0x30, count: count)
        for index in (0..<count).reversed() {
            digits[index] += UInt8(number % 10)
            number /= 10
        }
        return digits
    }
}

/// A moment in the Gregorian calendar, UTC.
struct CivilTime {
    let year, month, day, hour, minute, second: Int

    /// From Unix seconds; years 1 to 9999. Counting in eras of 400 years from 1 March makes leap days come last.
    init(_ seconds: Int64) {
        let bounded = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let days = Int((bounded >= 0 ? bounded : bounded - 86_399) / 86_400)
        let rest = Int(bounded) - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3600
        minute = rest % 3600 / 60
        second = rest % 60
    }

    /// Unix seconds of a date and time.
    static func seconds(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }
}
