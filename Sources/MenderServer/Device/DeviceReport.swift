internal import Encoding
internal import Updates

/// What a device says of itself when it asks for something to do (docs/protocols/mender.md 7.1), in its three forms.
struct DeviceReport {
    /// `artifact_name`, `device_type` and whatever else its artifacts provided.
    let provided: [String: String]
    /// Whether it understands hold points.
    let takesControlMap: Bool
    var deviceType: String { provided["device_type"] ?? "" }

    /// Limits of its body: 64 KiB, 512 values.
    static let limits = JSONLimits(bytes: 64 * 1024, depth: 8, values: 512)

    /// `{"device_provides":{…},"update_control_map":true}`.
    init(v2 body: JSONValue) throws(MenderError) {
        provided = try Self.texts(body["device_provides"] ?? .null)
        takesControlMap = body["update_control_map"]?.bool ?? false
    }

    /// The report alone.
    init(v1 body: JSONValue) throws(MenderError) {
        provided = try Self.texts(body)
        takesControlMap = false
    }

    init(query: QueryItems) throws(MenderError) {
        var provided: [String: String] = [:]
        for item in query.items { provided[item.name] = item.value }
        self.provided = try Self.checked(provided)
        takesControlMap = false
    }

    private static func texts(_ value: JSONValue) throws(MenderError) -> [String: String] {
        guard let members = value.members else { throw .badRequest("artifact_name and device_type must be given") }
        var texts: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else { throw .badRequest("every value must be a string") }
            texts[member.name] = text
        }
        return try checked(texts)
    }

    private static func checked(_ provided: [String: String]) throws(MenderError) -> [String: String] {
        for name in ["artifact_name", "device_type"] where provided[name, default: ""].isEmpty {
            throw .badRequest("\(name) must be given")
        }
        return provided
    }
}

/// A device's log of a failed deployment (docs/protocols/mender.md 7.5).
enum DeviceLog {
    /// Limits of its body: 1 MiB, whatever the number of messages.
    static let limits = JSONLimits(bytes: 1 << 20, depth: 8, values: 1 << 18)

    /// One line for each message: time, level, text.
    static func text(of body: JSONValue) throws(MenderError) -> String {
        guard let messages = body["messages"]?.array, !messages.isEmpty else {
            throw .badRequest("messages must be given")
        }
        var text = ""
        for message in messages {
            guard let level = message["level"]?.string, let line = message["message"]?.string,
                let time = message["timestamp"]?.string
            else { throw .badRequest("a message has level, message and timestamp") }
            text += "\(plain(time)) \(plain(level)): \(plain(line))\n"
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
