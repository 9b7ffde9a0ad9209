internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import Glibc

struct CoSignBundleCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Put a co-signed release and its artifact into a folder. Needs no hub.",
        discussion: """
            For devices that are reached by USB stick only. The message must have both signatures and no challenge; it and
            the artifact are checked against the trust store before they appear. The folder gets NAME and
            NAME.release.json; NAME is the artifact's file name unless --name is given.

            Example:
              hubctl cosign bundle --trust trust.json --message release-2.json --artifact release-2.mender --out /media/usb
            """)

    @Option(help: "Trust store of the devices.") var trust: String
    @Option(help: "The co-signed message.") var message: String
    @Option(help: "The artifact.") var artifact: String
    @Option(help: "Folder to write to.") var out: String
    @Option(help: "Name of the artifact in the folder.") var name: String?
    @Flag(help: "Check everything, but write nothing.") var dryRun = false
    @Flag(help: "Print one JSON document on standard output.") var json = false

    private struct Report: Encodable {
        let message: String
        let artifact: String
        let audience: [String]
        let deviceTypes: [String]
        let stream: String
        let seq: Int64
        let installableUntil: String
        let written: Bool
    }

    func work() async throws {
        let folder = try ReleaseFolder(out, name: name ?? ArtifactFiles.name(artifact))
        let trust = try CoSignFiles.trust(trust)
        let bytes = try CoSignFiles.bytes(message)
        let check = try CoSignFiles.naming(message) { try BundleCheck(bytes, trust: trust, now: Int64(time(nil))) }
        let isShown = Terminal.isWatched && !json
        try CoSignFiles.naming(artifact) {
            if dryRun {
                try FileDigest(artifact, isShown: isShown).check(check.release.artifact)
            } else {
                try folder.write(bytes, check.release.artifact, from: artifact, isShown: isShown)
            }
        }
        let report = Report(
            message: folder.message, artifact: folder.artifact, audience: check.audience,
            deviceTypes: check.release.deviceTypes, stream: check.release.stream, seq: check.release.sequence,
            installableUntil: RFC3339.text(check.end), written: !dryRun)
        try Output.show(report, json: json) {
            Output.pairs([
                "message": report.message, "artifact": report.artifact,
                "for": report.audience.joined(separator: ", "),
                "device types": report.deviceTypes.joined(separator: ", "), "stream": report.stream,
                "seq": "\(report.seq)", "installable until": report.installableUntil,
            ]) + (dryRun ? "\nnothing was written" : "")
        }
    }
}

/// A message as a device judges it that takes it from a medium: one of those it is for.
struct BundleCheck {
    let release: ReleaseClaims
    /// Whom the co-signature addresses.
    let audience: [String]
    /// Unix seconds; the earlier of release and co-signature.
    let end: Int64

    /// - Throws: `CoSignError`.
    init(_ bytes: [UInt8], trust: TrustedKeys, now: Int64) throws(CoSignError) {
        let message = try SignedMessage(parsing: bytes)
        let coSignature = message.entries.first { entry in
            trust.coSignerKeys.contains { $0.kid == entry.header.kid }
        }
        let header = coSignature?.header.members ?? .null
        // What is read here before the signatures are checked only chooses the device that checks them.
        let claims = (try? Claims.decode(message.payload)) ?? .null
        let names = Self.names(header["aud"]) + Self.names(claims["aud"])
        let device = DeviceDescription(
            id: Self.first("device:", names), type: claims["device_types"]?.array?.first?.string ?? "",
            groups: names.filter { $0.hasPrefix("group:") }.map { String($0.dropFirst(6)) })
        let accepted = try Verification(trust: trust, .init(device: device, clock: now, isOffline: true))
            .accept(message, kind: .release, state: AcceptanceState())
        guard let release = accepted.claims.release, let end = header["exp"]?.integer else {
            throw CoSignError(.missingAuthorization, "the co-signature does not say until when")
        }
        self.release = release
        self.end = min(end, accepted.claims.end)
        audience = Self.names(header["aud"])
    }

    private static func names(_ value: JSONValue?) -> [String] {
        value?.string.map { [$0] } ?? value?.array?.compactMap(\.string) ?? []
    }

    private static func first(_ prefix: String, _ names: [String]) -> String {
        names.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } ?? ""
    }
}
