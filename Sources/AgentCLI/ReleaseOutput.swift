internal import DeviceClient
internal import Encoding

/// What `release fetch` found, with its two faces.
struct ReleaseOutput {
    let stream: String
    /// `nil` when there is none.
    let release: DeviceRelease?
    /// Where the artifact is; `nil` when it was not fetched.
    let file: String?

    func text(json: Bool) -> String {
        json ? String(decoding: document.bytes, as: UTF8.self) : lines.joined(separator: "\n")
    }

    private var lines: [String] {
        guard let release else { return ["no release of \(stream) for this device"] }
        var lines = [
            "stream       \(release.stream)", "seq          \(release.seq)",
            "version      \(PlainText.of(release.version))",
            "action       \(release.action.rawValue)", "artifact     \(PlainText.of(release.artifact.name))",
            "size         \(release.artifact.size)", "sha256       \(release.artifact.sha256)",
        ]
        if let format = release.artifact.format { lines.append("format       \(format)") }
        if let file { lines.append("file         \(file)") }
        return lines
    }

    private var document: JSONWriter {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("stream", stream)
            guard let release else { return }
            writer.member("seq", release.seq)
            writer.member("version", release.version)
            writer.member("action", release.action.rawValue)
            if let deployment = release.deployment { writer.member("deployment", deployment) }
            writer.name("artifact")
            writer.object { writer in
                writer.member("name", release.artifact.name)
                writer.member("sha256", release.artifact.sha256)
                writer.member("size", release.artifact.size)
                if let format = release.artifact.format { writer.member("format", format) }
            }
            if let file { writer.member("file", file) }
        }
        return writer
    }
}

/// What is known of releases, with its two faces.
struct ReleaseStatusOutput {
    let status: ReleaseStatus

    func text(json: Bool) -> String {
        json ? String(decoding: document.bytes, as: UTF8.self) : lines.joined(separator: "\n")
    }

    private var lines: [String] {
        var lines = ["health       \(status.health.rawValue)"]
        lines.append("accepted     \(status.acceptedAt.map { RFC3339.text($0) } ?? "never")")
        lines.append("silent       \(status.silentSeconds) s of uptime")
        for stream in status.streams {
            let state = stream.isInstalled ? "installed" : "accepted, not installed"
            lines.append(
                "stream       \(stream.name) seq \(stream.seq) \(PlainText.of(stream.version ?? "-")), \(state)")
        }
        lines.append("time floor   \(RFC3339.text(status.timeFloor))")
        if let project = status.project { lines.append("project      \(project)") }
        if let origin = status.trustOrigin, let version = status.trustVersion {
            lines.append("keys         version \(version), from the \(origin.rawValue)")
        }
        return lines
    }

    private var document: JSONWriter {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("health", status.health.rawValue)
            if let acceptedAt = status.acceptedAt { writer.member("acceptedAt", RFC3339.text(acceptedAt)) }
            writer.member("silentSeconds", status.silentSeconds)
            writer.member("timeFloor", RFC3339.text(status.timeFloor))
            if let project = status.project { writer.member("project", project) }
            if let origin = status.trustOrigin { writer.member("trustOrigin", origin.rawValue) }
            if let version = status.trustVersion { writer.member("trustVersion", version) }
            writer.name("streams")
            writer.array { writer in
                for stream in status.streams {
                    writer.object { writer in
                        writer.member("stream", stream.name)
                        writer.member("seq", stream.seq)
                        if let version = stream.version { writer.member("version", version) }
                        if let sha256 = stream.sha256 { writer.member("sha256", sha256) }
                        writer.member("installed", stream.isInstalled)
                    }
                }
            }
        }
        return writer
    }
}
