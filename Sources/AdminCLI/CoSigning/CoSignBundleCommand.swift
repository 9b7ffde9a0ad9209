internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import Glibc

struct CoSignBundleCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Put a co-signed release and its artifact into a folder.",
        discussion: """
            For devices that are reached by USB stick only. With --release the hub co-signs the release for an audience
            and for some days; with --message no hub is needed, and the message must have both signatures and no
            challenge. Message and artifact are checked against the trust store before they appear. The folder gets NAME
            and NAME.release.json; NAME is the artifact's file name unless --name is given.

            Examples:
              hubctl cosign bundle --release ID --audience group:lab --days 30 --artifact release-2.mender --out /media/usb
              hubctl cosign bundle --trust trust.json --message release-2.json --artifact release-2.mender --out /media/usb
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup(title: "From the hub") var order: BundleOrder
    @Option(help: "The co-signed message.") var message: String?
    @Option(help: "Trust store of the devices; default with --release: the hub's.") var trust: String?
    @Option(help: "The artifact.") var artifact: String
    @Option(help: "Folder to write to.") var out: String
    @Option(help: "Name of the artifact in the folder.") var name: String?
    @Flag(help: "Check everything, but sign and write nothing.") var dryRun = false

    struct Report: Encodable {
        let message: String
        let artifact: String
        let audience: [String]
        let deviceTypes: [String]
        let stream: String
        let seq: Int64
        let installableUntil: String
        let written: Bool

        var text: String {
            Output.pairs([
                "message": message, "artifact": artifact, "for": audience.joined(separator: ", "),
                "device types": deviceTypes.joined(separator: ", "), "stream": stream, "seq": "\(seq)",
                "installable until": installableUntil,
            ]) + (written ? "" : "\nnothing was written")
        }
    }

    func validate() throws {
        guard (message == nil) != (order.release == nil) else {
            throw ValidationError("give either --release or --message")
        }
        guard message == nil || trust != nil else { throw ValidationError("--message needs --trust") }
        guard order.release != nil || !order.hasDetails else {
            throw ValidationError("--audience and --days go with --release")
        }
    }

    func work() async throws {
        let folder = try ReleaseFolder(out, name: name ?? ArtifactFiles.name(artifact))
        let report: Report
        if let message {
            report = try bundle(message, try CoSignFiles.bytes(message), try CoSignFiles.trust(trust ?? ""), folder)
        } else {
            report = try await orderAndBundle(folder)
        }
        try Output.show(report, json: connection.json) { report.text }
    }

    /// - Parameter file: what the message is called in errors.
    private func bundle(
        _ file: String, _ bytes: [UInt8], _ trust: TrustedKeys, _ folder: ReleaseFolder
    ) throws -> Report {
        let check = try CoSignFiles.naming(file) { try BundleCheck(bytes, trust: trust, now: Int64(time(nil))) }
        try CoSignFiles.naming(artifact) {
            if dryRun {
                try FileDigest(artifact, isShown: isShown).check(check.release.artifact)
            } else {
                try folder.write(bytes, check.release.artifact, from: artifact, isShown: isShown)
            }
        }
        return Report(
            message: folder.message, artifact: folder.artifact, audience: check.audience,
            deviceTypes: check.release.deviceTypes, stream: check.release.stream, seq: check.release.sequence,
            installableUntil: RFC3339.text(check.end), written: !dryRun)
    }

    /// The hub signs only for a file that is the right one.
    private func orderAndBundle(_ folder: ReleaseFolder) async throws -> Report {
        let (client, wish) = (try connection.client(), order.wish())
        let release = try await client.call(CoSignEndpoints.release(order.release ?? ""))
        guard release.state == "approved" else {
            throw CommandFailure.failed("release \(release.id) is \(release.state); only approved ones are bundled")
        }
        let digest = try FileDigest(artifact, isShown: isShown)
        guard isSame(digest.sha256, release.sha256), digest.size == release.size else {
            throw CommandFailure.failed("\(artifact) is not the artifact of release \(release.id) (bad_artifact)")
        }
        guard !dryRun else {
            return Report(
                message: folder.message, artifact: folder.artifact, audience: [wish.audience],
                deviceTypes: release.deviceTypes, stream: release.stream, seq: release.seq,
                installableUntil: RFC3339.text(min(Int64(time(nil)) + wish.days * 86_400, release.validUntil)),
                written: false)
        }
        let trust =
            if let trust { try CoSignFiles.trust(trust) } else { try await client.trust(ofProject: release.project) }
        let signed = try await client.call(CoSignEndpoints.bundle(release.id, wish))
        return try bundle("the hub's message", Array(signed.message.utf8), trust, folder)
    }

    private var isShown: Bool { Terminal.isWatched && !connection.json }
}

/// What the hub is asked to co-sign for a medium.
struct BundleOrder: ParsableArguments {
    @Option(help: "ID of a release at the hub, which co-signs it.") var release: String?
    @Option(help: "Who may install it: all, group:NAME or device:ID.") var audience: String?
    @Option(help: "Days that it can be installed, 1 to 31; default: 30.") var days: Int64?

    var hasDetails: Bool { audience != nil || days != nil }

    func validate() throws {
        guard release == nil || audience != nil else { throw ValidationError("--release needs --audience") }
        guard (1...31).contains(days ?? 30) else { throw ValidationError("--days is 1 to 31") }
    }

    func wish() -> AdminBundle { AdminBundle(audience: audience ?? "", days: days ?? 30) }
}
