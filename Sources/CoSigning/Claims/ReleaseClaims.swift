internal import Encoding

/// What a publisher says of a release.
package struct ReleaseClaims: Sendable, Equatable {
    /// `[a-z0-9][a-z0-9._-]{0,63}`.
    package let stream: String
    /// 1 to 2^53 - 1; the only thing that orders the releases of a stream.
    package let sequence: Int64
    /// For people.
    package let version: String
    package let deviceTypes: [String]
    package let artifact: ReleaseArtifact

    /// - Throws: `bad_claims`.
    init(_ members: JSONValue) throws(CoSignError) {
        guard let stream = members["stream"]?.string, Self.isStream(stream) else { throw Claims.bad("stream") }
        guard let sequence = members["seq"]?.plainInteger, (1...CoSignLimits.largestInteger).contains(sequence) else {
            throw Claims.bad("seq")
        }
        guard let version = members["version"]?.string, (1...64).contains(version.utf8.count) else {
            throw Claims.bad("version")
        }
        guard let types = members["device_types"]?.array, (1...64).contains(types.count) else {
            throw Claims.bad("device_types")
        }
        deviceTypes = types.compactMap(\.string).filter { !$0.isEmpty }
        guard deviceTypes.count == types.count else { throw Claims.bad("device_types") }
        guard let artifact = members["artifact"] else { throw Claims.bad("artifact") }
        self.artifact = try ReleaseArtifact(artifact)
        (self.stream, self.sequence, self.version) = (stream, sequence, version)
    }

    /// Whether the release fits a device's hardware.
    package func fits(_ type: String) -> Bool { deviceTypes.contains { isSame($0, type) } }

    /// Whether a text names a stream.
    package static func isStream(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64, isLetterOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || [0x2E, 0x5F, 0x2D].contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// The file of a release.
package struct ReleaseArtifact: Sendable, Equatable {
    package let name: String
    /// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
    package let sha256: String
    /// Bytes of the whole file.
    package let size: Int64
    package let format: String?

    /// Forms of files that a release may have.
    package static let formats = ["mender", "fwup", "raw", "rauc", "swu"]

    /// - Throws: `bad_claims`.
    init(_ value: JSONValue) throws(CoSignError) {
        guard let name = value["name"]?.string, (1...256).contains(name.utf8.count) else {
            throw Claims.bad("artifact.name")
        }
        guard let sha256 = value["sha256"]?.string, Self.isDigest(sha256) else { throw Claims.bad("artifact.sha256") }
        guard let size = value["size"]?.plainInteger, (1...CoSignLimits.largestInteger).contains(size) else {
            throw Claims.bad("artifact.size")
        }
        var reader = ClaimReader(members: value)
        format = reader.optional("format") { value in
            value.string.flatMap { text in Self.formats.first { isSame($0, text) } }
        }
        guard reader.wrong == nil else { throw Claims.bad("artifact.format") }
        (self.name, self.sha256, self.size) = (name, sha256, size)
    }

    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
