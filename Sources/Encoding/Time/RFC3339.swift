/// Dates and date-times of RFC 3339, without a calendar library.
package enum RFC3339 {
    /// Unix seconds of `2027-01-31` (the end of that day, UTC) or `2027-01-31T12:00:00[.5](Z|±hh:mm)`; `nil` for
    /// anything else.
    package static func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
        let digits = Array(text)
        guard digits.count >= 10, digits.count <= 40, digits[4] == dash, digits[7] == dash,
            let year = number(digits, 0, 4), let month = number(digits, 5, 2), let day = number(digits, 8, 2),
            (1...12).contains(month), (1...length(ofMonth: month, year)).contains(day), year >= 1
        else { return nil }
        let date = days(year, month, day) * 86_400
        guard digits.count > 10 else { return date + 86_399 }
        guard digits.count >= 20, digits[10] | 0x20 == UInt8(ascii: "t"), digits[13] == colon, digits[16] == colon,
            let hour = number(digits, 11, 2), let minute = number(digits, 14, 2), let second = number(digits, 17, 2),
            hour < 24, minute < 60, second <= 60, let offset = offset(digits)
        else { return nil }
        return date + Int64(hour * 3600 + minute * 60 + second) - offset
    }

    private static let dash = UInt8(ascii: "-")
    private static let colon = UInt8(ascii: ":")

    /// Seconds east of UTC, after an optional fraction.
    private static func offset(_ digits: [UInt8]) -> Int64? {
        var index = 19
        if digits[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            while index < digits.count, (0x30...0x39).contains(digits[index]) { index += 1 }
            guard index > start else { return nil }
        }
        guard index < digits.count else { return nil }
        if digits[index] | 0x20 == UInt8(ascii: "z") { return index == digits.count - 1 ? 0 : nil }
        guard digits[index] == dash || digits[index] == UInt8(ascii: "+"), digits.count == index + 6,
            digits[index + 3] == colon, let hours = number(digits, index + 1, 2),
            let minutes = number(digits, index + 4, 2), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3600 + minutes * 60)
        return digits[index] == dash ? -seconds : seconds
    }

    private static func number(_ digits: [UInt8], _ start: Int, _ count: Int) -> Int? {
        guard start + count <= digits.count else { return nil }
        var number = 0
        for digit in digits[start..<(start + count)] {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return number
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        guard month == 2 else { return [4, 6, 9, 11].contains(month) ? 30 : 31 }
        return year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    }

    /// Days since 1970 in the Gregorian calendar; a year is counted from March, so that leap days come last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }
}

extension RFC3339 {
    /// `2027-01-31T12:00:00Z` for Unix seconds.
    package static func text(_ seconds: Int64) -> String {
        let dayNumber = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = Int(seconds - dayNumber * 86_400)
        let shifted = Int(dayNumber) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
        func pad(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return
            "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))Z"
    }
}
