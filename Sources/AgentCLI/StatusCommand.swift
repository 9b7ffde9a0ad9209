internal import ArgumentParser
internal import DeviceClient
internal import Encoding

/// `hub-agent status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the certificate and when it is renewed, without asking the hub.",
        discussion: """
            Exit code 0 with a valid certificate, else 1.

            Examples:
              hub-agent status
              hub-agent status --json
            """)

    @OptionGroup var state: StateOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await ending {
            guard let id = try Device.owner(ofFolder: state.folder) else {
                AgentOutput.result(json ? #"{"state":"unknown"}"# : "not provisioned", json: json)
                throw ExitCode(1)
            }
            let device = try Device(id: id, configuration: DeviceConfiguration(folder: state.folder))
            let report = StatusOutput(try await device.status())
            AgentOutput.result(report.text(json: json), json: json)
            if !report.status.isProvisioned { throw ExitCode(1) }
        }
    }
}

/// One status with its two faces.
struct StatusOutput {
    let status: DeviceStatus

    init(_ status: DeviceStatus) {
        self.status = status
    }

    private var state: String {
        if status.certificate == nil { return "unknown" }
        return status.isProvisioned ? "approved" : "expired"
    }

    func text(json: Bool) -> String {
        json ? String(decoding: document.bytes, as: UTF8.self) : lines.joined(separator: "\n")
    }

    private var lines: [String] {
        var lines = ["device       \(status.deviceID)", "state        \(state)"]
        if let fingerprint = status.keyFingerprint { lines.append("fingerprint  \(fingerprint)") }
        if let certificate = status.certificate {
            lines.append("serial       \(certificate.serial)")
            lines.append("valid        \(RFC3339.text(certificate.notBefore)) to \(RFC3339.text(certificate.notAfter))")
            lines.append("certificate  \(certificate.certificatePath)")
            if let key = certificate.keyPath { lines.append("key          \(key)") }
            lines.append("ca           \(certificate.authorityPath)")
        }
        if let due = status.renewalDue { lines.append("renewal      \(RFC3339.text(due))") }
        if let hub = status.hub { lines.append("hub          \(hub)") }
        for (name, url) in status.services.sorted(by: { $0.key < $1.key }) {
            lines.append("service      \(name) \(url)")
        }
        return lines
    }

    private var document: JSONWriter {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("deviceID", status.deviceID)
            writer.member("state", state)
            if let fingerprint = status.keyFingerprint { writer.member("keyFingerprint", fingerprint) }
            if let certificate = status.certificate {
                writer.member("serial", certificate.serial)
                writer.member("notBefore", RFC3339.text(certificate.notBefore))
                writer.member("notAfter", RFC3339.text(certificate.notAfter))
                writer.member("certificatePath", certificate.certificatePath)
                if let key = certificate.keyPath { writer.member("keyPath", key) }
                writer.member("authorityPath", certificate.authorityPath)
            }
            if let due = status.renewalDue { writer.member("renewalDue", RFC3339.text(due)) }
            if let hub = status.hub { writer.member("hub", hub) }
            writer.name("services")
            writer.object { writer in
                for (name, url) in status.services.sorted(by: { $0.key < $1.key }) { writer.member(name, url) }
            }
        }
        return writer
    }
}
