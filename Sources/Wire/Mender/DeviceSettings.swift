package import Encoding

/// Settings of a device: names and texts (docs/protocols/mender.md 14).
package struct DeviceSettings: Sendable, Equatable {
    package struct Setting: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package let settings: [Setting]

    /// Most settings of a device.
    package static let limit = 100
    /// Most characters of a name.
    package static let nameLimit = 1024
    /// Most characters of a value.
    package static let valueLimit = 4096

    /// Limits of a body: 1 MiB, 32 levels, 65,536 values.
    package static let limits = JSONLimits(bytes: 1 << 20, depth: 32, values: 65_536)

    package static let none = DeviceSettings(sorted: [])

    private init(sorted: [Setting]) {
        settings = sorted
    }

    /// Reads the body of a device or of the management API.
    package init(parsing bytes: [UInt8]) throws(DeviceSettingsError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes, limits: Self.limits)
        } catch {
            throw .notJSON(error)
        }
        try self.init(document)
    }

    /// Reads a flat object of strings.
    package init(_ document: JSONValue) throws(DeviceSettingsError) {
        guard let members = document.members else { throw .notAnObject }
        guard members.count <= Self.limit else { throw .tooMany }
        var settings: [Setting] = []
        for member in members {
            guard (1...Self.nameLimit).contains(member.name.unicodeScalars.count) else { throw .badName }
            guard let value = member.value.string else { throw .notAText }
            guard value.unicodeScalars.count <= Self.valueLimit else { throw .tooLong }
            settings.append(Setting(name: member.name, value: value))
        }
        self.settings = settings.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The settings as an object.
    package var json: JSONValue {
        .object(settings.map { JSONValue.Member($0.name, .string($0.value)) })
    }

    package func encoded() -> [UInt8] { json.encoded() }
}

/// Why settings are refused.
package enum DeviceSettingsError: Error, Equatable, Sendable {
    /// Not JSON, or beyond the limits.
    case notJSON(MessageError)
    /// Not a JSON object.
    case notAnObject
    /// More than ``DeviceSettings/limit``.
    case tooMany
    /// A name is empty or longer than ``DeviceSettings/nameLimit``.
    case badName
    /// A value is not a string.
    case notAText
    /// A value is longer than ``DeviceSettings/valueLimit``.
    case tooLong
}

extension DeviceSettingsError: CustomStringConvertible {
    /// One line for a 400 answer.
    package var description: String {
        switch self {
        case .notJSON(let error): "cannot parse the request body: \(error)"
        case .notAnObject: "the body is not a JSON object"
        case .tooMany: "a configuration has at most \(DeviceSettings.limit) keys"
        case .badName: "a key has 1 to \(DeviceSettings.nameLimit) characters"
        case .notAText: "a value must be a string"
        case .tooLong: "a value has at most \(DeviceSettings.valueLimit) characters"
        }
    }
}
