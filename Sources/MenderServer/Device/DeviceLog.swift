internal import Wire

/// A device's log of a failed deployment as the hub keeps and shows it.
enum DeviceLog {
    /// One line for each message: time, level, text.
    static func text(of report: LogReport) -> String {
        var text = ""
        for message in report.messages {
            text += "\(plain(message.time)) \(plain(message.level)): \(plain(message.text))\n"
        }
        return text
    }

    /// One line, and nothing in it that a terminal would obey.
    private static func plain(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            // Format characters turn the direction of writing, so that a line reads otherwise than it is.
            let isObeyed = [.control, .format].contains(scalar.properties.generalCategory)
            plain.append(isObeyed ? " " : scalar)
        }
        return String(plain)
    }
}
