package import Encoding

/// What an artifact depends on, for one key: one value, or any of several.
package enum ArtifactDependency: Sendable, Equatable {
    case value(String)
    case anyOf([String])

    /// Whether what a device provides fulfils it.
    package func admits(_ provided: String) -> Bool {
        switch self {
        case .value(let value): value == provided
        case .anyOf(let values): values.contains(provided)
        }
    }
}

extension ArtifactDependency: Codable {
    /// Reads a string or an array of strings.
    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .value(text)
        } else {
            self = .anyOf(try value.decode([String].self))
        }
    }

    /// Writes a string or an array of strings.
    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .value(let text): try value.encode(text)
        case .anyOf(let texts): try value.encode(texts)
        }
    }
}

/// A file of an artifact's payload.
package struct ArtifactFile: Codable, Sendable, Equatable {
    package var name: String
    /// Bytes, unpacked.
    package var size: Int64
    /// SHA-256 of the unpacked file, lower-case hexadecimal.
    package var sha256: String
    /// Unix seconds.
    package var modified: Int64
}

/// Who may install an artifact, from its header.
package struct ArtifactRequirements: Codable, Sendable, Equatable {
    /// The device's type must be one of these.
    package var deviceTypes: [String]
    /// If there: the installed artifact's name must be one of these.
    package var artifactNames: [String]?
    /// If there: the device's artifact group must be one of these.
    package var artifactGroups: [String]?

    package init(deviceTypes: [String], artifactNames: [String]? = nil, artifactGroups: [String]? = nil) {
        self.deviceTypes = deviceTypes
        self.artifactNames = artifactNames
        self.artifactGroups = artifactGroups
    }
}

package struct ArtifactPayload: Codable, Sendable, Equatable {
    /// The update module that installs it; `nil` for an artifact that only states what a device provides.
    package var type: String?
    /// What the device must provide besides, by key; `nil` when the artifact says nothing.
    package var depends: [String: ArtifactDependency]?
    /// What the device provides afterwards, besides name and group; `nil` when the artifact says nothing.
    package var provides: [String: String]?
    /// Patterns of keys that the device forgets before. `nil` (everything, and the group) and empty (nothing) differ.
    package var clears: [String]?
    /// For the update module; `nil` when there is none.
    package var metaData: JSONValue?
    /// In the order of the archive.
    package var files: [ArtifactFile] = []
    /// How the payload is compressed.
    package var compression: ArtifactCompression = .none
}

/// All there is to know of an artifact without its payload.
package struct ArtifactDescription: Codable, Sendable, Equatable {
    /// Always 3.
    package var formatVersion = 3
    /// What the device is called after, bytes 1 to 4,096.
    package var name: String
    /// The artifact group the device is in afterwards.
    package var group: String?
    /// Who may install it.
    package var requires: ArtifactRequirements
    package var payload: ArtifactPayload
    /// Names of the state scripts, in the order of the header.
    package var scripts: [String] = []
    /// `nil` when it is not signed. That it is there says nothing yet: see ``ArtifactSignature/key(among:)``.
    package var signature: ArtifactSignature?
    /// Bytes of the whole artifact; 0 until it was read to its end.
    package var size: Int64 = 0
    /// SHA-256 of the whole artifact, lower-case hexadecimal; empty until it was read to its end.
    package var sha256 = ""

    /// Everything the device provides afterwards: name, group, and what the payload adds.
    package var provides: [String: String] {
        var provides = payload.provides ?? [:]
        provides["artifact_name"] = name
        if let group { provides["artifact_group"] = group }
        return provides
    }

    /// Everything the device must provide before.
    package var depends: [String: ArtifactDependency] {
        var depends = dependsBesideType
        depends[Self.deviceType] = .anyOf(requires.deviceTypes)
        return depends
    }

    private static let deviceType = "device_type"

    /// What the device must provide before, but for its type (``ArtifactRequirements/deviceTypes``).
    package var dependsBesideType: [String: ArtifactDependency] {
        var depends = payload.depends ?? [:]
        depends[Self.deviceType] = nil
        if let names = requires.artifactNames { depends["artifact_name"] = .anyOf(names) }
        if let groups = requires.artifactGroups { depends["artifact_group"] = .anyOf(groups) }
        return depends
    }
}
