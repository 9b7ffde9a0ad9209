internal import AdminAPI
internal import CoSigning
internal import Encoding

extension AdminProject {
    /// Whether the hub co-signs for it, and why not.
    var coSigning: String { suspended ? "suspended" : coSignerReady ? "yes" : "no key" }

    /// What people see of a project and its keys.
    var text: String { summary + "\n\n" + keys.table }

    private var summary: String {
        let isCoSigned =
            suspended
            ? "suspended; resume it with: hubctl cosign project resume \(id)"
            : coSignerReady ? "yes" : "no: the co-signer's key is not active, or can't be opened"
        return Output.pairs([
            "project": id, "made": LocalTime.text(createdAt),
            "device types": deviceTypes.isEmpty ? "none" : deviceTypes.joined(separator: ", "),
            "co-signing": isCoSigned,
            "co-signatures live": "\(lifetimeSeconds) s",
            "uploaded releases": approval == "manual" ? "wait for approval" : "are approved at once",
            "updates need a release": requireRelease ? "yes" : "no",
            "messages need a project key": requireProjectSignature ? "yes" : "no", "key set": "\(trustVersion)",
        ])
    }

    /// Its keys with a role, all of them for `nil`.
    func keys(_ role: String?) -> [AdminProjectKey] { keys.filter { role == nil || $0.role == role } }

    /// A key by its name, compared byte for byte.
    func key(_ kid: String, role: String? = nil) -> AdminProjectKey? { keys(role).first { isSame($0.kid, kid) } }
}

extension [AdminProjectKey] {
    var table: String {
        Output.table(
            ["KEY", "ROLE", "STATE", "CHANGED", "BY"],
            map { [$0.kid, $0.role, $0.state, LocalTime.text($0.changedAt), $0.changedBy] }, empty: "no keys")
    }
}

extension [AdminCoSignedRelease] {
    func table(empty: String) -> String {
        Output.table(
            ["RELEASE", "PROJECT", "STREAM", "SEQ", "VERSION", "STATE", "DEVICE TYPES", "UPLOADED", "BY"],
            map { release in
                [
                    release.id, release.project, release.stream, "\(release.seq)", release.version, release.state,
                    release.deviceTypes.joined(separator: ","), LocalTime.text(release.createdAt), release.uploadedBy,
                ]
            }, empty: empty)
    }
}

extension AdminCoSignedRelease {
    var text: String {
        Output.pairs([
            "release": id, "project": project, "stream": stream, "seq": "\(seq)", "version": version, "state": state,
            "for device types": deviceTypes.joined(separator: ", "), "SHA-256": sha256, "bytes": "\(size)",
            "signed by": projectKey, "installable until": LocalTime.text(validUntil),
            "uploaded": LocalTime.text(createdAt), "uploaded by": uploadedBy,
        ])
    }
}
