internal import AdminAPI
internal import ArgumentParser
internal import Encoding

struct ArtifactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "artifact",
        abstract: "Create update artifacts (.mender files) and manage those and firmware (.fw) on the hub.",
        subcommands: [
            ArtifactWriteCommand.self, ArtifactInspectCommand.self, ArtifactSignCommand.self,
            ArtifactUploadCommand.self, List.self, Show.self, ArtifactDownloadCommand.self, Remove.self, Prune.self,
            ArtifactKeyCommand.self,
        ])

    private static func format(_ artifact: AdminArtifact) -> String? {
        artifact.archive == true ? "archive" : artifact.format
    }

    static func table(_ artifacts: [AdminArtifact], empty: String) -> String {
        Output.table(
            ["ARTIFACT", "RELEASE", "FORMAT", "DEVICE TYPES", "TYPE", "BYTES", "SIGNATURE", "UPLOADED"],
            artifacts.map { artifact in
                [
                    artifact.id, artifact.release, format(artifact),
                    artifact.deviceTypes.joined(separator: ","),
                    artifact.type,
                    "\(artifact.size)", artifact.signature, artifact.modifiedAt,
                ]
            }, empty: empty)
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the artifacts on the hub.",
            discussion: """
                Examples:
                  hubctl artifact list
                  hubctl artifact list --release release-2 --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only those of this release.") var release: String?
        @Option(help: "Only those for this device type.") var deviceType: String?

        func work() async throws {
            let artifacts = try await connection.client().all(
                ArtifactEndpoints.list(query: ArtifactQuery(release: release, deviceType: deviceType)))
            try Output.show(artifacts, json: connection.json) {
                ArtifactCommand.table(artifacts, empty: "no artifacts; bring one with: hubctl artifact upload FILE")
            }
        }
    }

    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one artifact on the hub.",
            discussion: "Example:\n  hubctl artifact show 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the artifact.") var id: String

        func work() async throws {
            let artifact = try await connection.client().call(ArtifactEndpoints.show(id))
            try Output.show(artifact, json: connection.json) { artifact.text }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove artifacts, except those an unfinished deployment needs.",
            discussion: "Example:\n  hubctl artifact remove 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "IDs of artifacts.") var ids: [String]

        func work() async throws {
            let client = try connection.client()
            for id in ids { try await client.call(ArtifactEndpoints.remove(id)) }
            try Output.show(["removed": ids], json: connection.json) {
                ids.map { "artifact \($0) is removed" }.joined(separator: "\n")
            }
        }
    }

    struct Prune: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove artifacts superseded by newer ones.",
            discussion: """
                For each device type and update module the newest are kept, and any artifact that an unfinished
                deployment needs.

                Examples:
                  hubctl artifact prune --dry-run
                  hubctl artifact prune --keep 5 --older-than 90
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Newest artifacts to keep for each device type and update module.") var keep = 3
        @Option(help: ArgumentHelp("Only those uploaded so many days ago.", valueName: "days")) var olderThan = 0
        @Flag(help: "Only show what would be removed.") var dryRun = false

        func validate() throws {
            guard keep >= 0, olderThan >= 0 else { throw ValidationError("--keep and --older-than are not negative") }
        }

        func work() async throws {
            let removed = try await connection.client().call(
                ArtifactEndpoints.prune(AdminPrune(keep: keep, olderThanDays: olderThan, dryRun: dryRun))
            ).items
            try Output.show(removed, json: connection.json) {
                guard !removed.isEmpty else { return "nothing to remove" }
                let bytes = removed.reduce(0) { $0 + $1.size }
                return ArtifactCommand.table(removed, empty: "")
                    + "\n\(removed.count) artifacts, \(bytes) bytes \(dryRun ? "would be removed" : "are removed")"
            }
        }
    }
}

extension AdminArtifact {
    var text: String {
        let head = Output.pairs([
            "artifact": id, "release": release, "format": format, "description": description,
            "says of itself": ownDescription,
            "firmware": firmware?.uuid, "product": firmware?.product, "version": firmware?.version,
            "platform": firmware?.platform, "architecture": firmware?.architecture, "author": firmware?.author,
            "vcs identifier": firmware?.vcsIdentifier, "misc": firmware?.misc,
            "delta": firmware?.isDelta == true ? "yes: fits certain firmware only" : nil,
            "for device types": deviceTypes.joined(separator: ", "),
            "type": type ?? (firmware == nil ? "none: installs nothing" : nil),
            "depends on": Self.list(depends) { $0.joined(separator: "|") }, "provides": Self.list(provides) { $0 },
            "clears": clearsText,
            "meta-data": metaData.map { String(decoding: $0.encoded(), as: UTF8.self) },
            "state scripts": scripts.joined(separator: ", "), "signature": signature, "bytes": "\(size)",
            "SHA-256": sha256, "uploaded": modifiedAt,
        ])
        guard !files.isEmpty else { return head }
        let rows = files.map { [$0.name, "\($0.size)", $0.modifiedAt, $0.sha256] }
        return head + "\n\n" + Output.table(["FILE", "BYTES", "MODIFIED", "SHA-256"], rows, empty: "")
    }

    /// What the firmware says of itself, unless that is the operator's text.
    private var ownDescription: String? { firmware?.description == description ? nil : firmware?.description }

    /// What a device forgets: firmware says nothing about that.
    private var clearsText: String? {
        guard firmware == nil else { return nil }
        return clears.map { $0.isEmpty ? "nothing" : $0.joined(separator: ", ") } ?? "everything"
    }

    private static func list<Value>(_ map: [String: Value], _ text: (Value) -> String) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }.joined(separator: ", ")
    }
}
