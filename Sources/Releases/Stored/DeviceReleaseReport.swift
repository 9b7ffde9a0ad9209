package import CoSigning
internal import Encoding
package import Journal
internal import Store

/// What a device says became of a release: `{"stream":"os","seq":42,"result":"refused","error":"expired"}`.
package struct DeviceReleaseReport: Sendable {
    package let stream: String
    package let sequence: Int64?
    /// `nil` for a release that runs.
    package let error: CoSignError.Name?
    /// UUID of the deployment that the device believes it belongs to.
    package let deployment: String?
    /// Whether the device has had its keys from the factory, not from the hub.
    package let hasFactoryKeys: Bool?

    /// Longest report, in bytes.
    private static let limit = 4096

    /// `nil` for anything but a report.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.limit, let members = StrictJSON.parse(bytes),
            let stream = members["stream"]?.string, ReleaseClaims.isStream(stream),
            let result = members["result"]?.string
        else { return nil }
        self.stream = stream
        switch members["seq"] {
        case nil, .null?: sequence = nil
        case let value?:
            guard let number = value.integer, number > 0 else { return nil }
            sequence = number
        }
        switch result {
        case "installed": error = nil
        case "refused":
            guard let name = members["error"]?.string.flatMap(CoSignError.Name.init(rawValue:)) else { return nil }
            error = name
        default: return nil
        }
        deployment = members["dep"]?.string.flatMap { UniqueID.isValid($0) ? $0 : nil }
        switch members["trust_origin"]?.string {
        case "factory": hasFactoryKeys = true
        case "hub": hasFactoryKeys = false
        default: hasFactoryKeys = nil
        }
    }
}

extension Releases {
    /// Writes down what a device reports.
    package func note(_ report: DeviceReleaseReport, of device: String, by requester: Requester) async throws {
        try await store.write { [journal] db in
            let sequence = report.sequence.map { "\($0)" } ?? ""
            let origin = report.hasFactoryKeys.map { $0 ? "factory" : "hub" } ?? ""
            try journal.audit(
                report.error == nil ? "release.installed" : "release.refused", device, by: requester,
                detail: [
                    "stream": report.stream, "seq": sequence, "error": report.error?.rawValue ?? "",
                    "trustOrigin": origin,
                ], cause: .known, in: db)
        }
    }

    /// Whether a file belongs to a release that a device may be offered.
    package func mayFetch(_ sha256: String, _ asker: Asker) async throws -> Bool {
        guard sha256.utf8.count == 64 else { return false }
        let (project, type, moment) = (asker.project.record.id, asker.type, now())
        return try await store.lookUp { db in
            try ReleaseStore.isFetchable(project: project, type: type, sha256: sha256, now: moment, in: db)
        }
    }
}
