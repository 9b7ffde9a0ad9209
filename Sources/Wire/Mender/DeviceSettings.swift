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

    package static let none = DeviceSettings(sorted: [])

    private init(sorted: [Setting]) {
        settings = sorted
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
    /// Not a JSON object.
    case notAnObject
    /// More than ``DeviceSettings/limit``.
    case tooMany
    /// A name is empty or longer than ``DeviceSettings/nameLimit``.
    case badName
    /// A value is no string.
    case notAText
    /// A value is longer than ``DeviceSettings/valueLimit``.
    case tooLong
}

extension DeviceSettingsError: CustomStringConvertible {
    /// One line for a 400 answer.
    package var description: String {
        switch self {
        case .notAnObject: "the body is not a JSON object"
        case .tooMany: "a configuration has at most \(DeviceSettings.limit) keys"
        case .badName: "a key has 1 to \(DeviceSettings.nameLimit) characters"
        case .notAText: "a value must be a string"
        case .tooLong: "a value has at most \(DeviceSettings.valueLimit) characters"
        }
    }
}
