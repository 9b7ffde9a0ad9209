internal import AdminAPI
internal import ArgumentParser
internal import Artifact
internal import Encoding
internal import Files
internal import Filters
internal import FoundationEssentials

/// `hubctl archive`: what devices of the live link are given beside their firmware.
struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Give devices archives beside their firmware.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer an archive to devices.",
            discussion: """
                An archive is a .fw file of fwup that a key of purpose archive signed: hubctl artifact key add. It goes
                to connected devices at once, and to others when they connect, if they have its platform and
                architecture; of several archives that apply to a device, the one that was added last. A file that the
                hub has is not sent again; an archive that is added once more is for the devices named last.

                Examples:
                  hubctl archive add sounds.fw --product widget
                  hubctl archive add sounds.fw --filter tags.site=north
                  hubctl archive add 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42 --device lamp-0001 lamp-0002
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: ArgumentHelp("The archive, or the ID of its artifact on the hub.", valueName: "file-or-id"))
        var archive: String
        @OptionGroup(title: "For whom") var target: TargetOptions
        @Option(help: "Devices of this product; goes with --filter, too.") var product: String?
        @Option(help: "Attempts without progress before giving up the upload.") var tries = 10

        func validate() throws {
            guard target.isNamed || product != nil else {
                throw ValidationError("give one of --device, --group, --filter, --all and --product")
            }
            if product != nil, target.isNamed, target.terms.isEmpty {
                throw ValidationError("--product goes with --filter, or alone")
            }
            guard (1...1000).contains(tries) else { throw ValidationError("--tries is 1 to 1000") }
        }

        func work() async throws {
            let client = try connection.client()
            var wish = AdminNewArchive(artifact: try await artifact(client))
            if !target.devices.isEmpty { wish.devices = target.devices }
            wish.group = target.group
            let terms = target.terms + (product.map { ["inventory.product=\($0)"] } ?? [])
            if !terms.isEmpty { wish.filter = terms }
            if target.all { wish.all = true }
            let added = try await client.call(ArchiveEndpoints.add(wish))
            try Output.show(added, json: connection.json) {
                Terminal.plain(
                    "archive \(added.id) (\(added.product) \(added.version)) is offered to \(added.whom), platform "
                        + "\(added.platform), architecture \(added.architecture)")
            }
        }

        /// ID of the artifact, which the hub has when this returns.
        private func artifact(_ client: AdminClient) async throws -> String {
            if UUID(uuidString: archive) != nil, !SecureFile.exists(archive) { return archive }
            let sums = try ArtifactFiles.with(archive) {
                guard try ArtifactFiles.isFirmware(archive) else {
                    throw CommandFailure.failed("\(archive) is no archive of fwup (.fw)")
                }
                _ = try FirmwareReader.check(FirmwareSource(archive), trust: .anybody)
                return try FileSums(of: archive)
            }
            var upload = ArtifactUploading(
                client: client, file: archive, size: sums.size, sha256: Hex.encode(sums.sha256), tries: tries,
                isShown: Terminal.isWatched && !connection.json)
            upload.isArchive = true
            if let known = try await upload.find() { return known.id }
            return try await upload.run(description: "", isResumed: true).id
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the archives that devices are offered, the newest first.",
            discussion: "Examples:\n  hubctl archive list\n  hubctl archive list --json")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let archives = try await connection.client().all(ArchiveEndpoints.list())
            try Output.show(archives, json: connection.json) {
                Output.table(
                    ["ARCHIVE", "PRODUCT", "VERSION", "PLATFORM", "ARCHITECTURE", "BYTES", "FOR", "ADDED"],
                    archives.map { archive in
                        [
                            archive.id, archive.product, archive.version, archive.platform, archive.architecture,
                            "\(archive.size)", archive.whom, archive.addedAt,
                        ]
                    }, empty: "no archives; offer one with: hubctl archive add FILE --product PRODUCT")
            }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer an archive no more; devices keep what they have, and its artifact stays on the hub.",
            discussion: "Example:\n  hubctl archive remove 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the archive.") var id: String

        func work() async throws {
            try await connection.client().call(ArchiveEndpoints.remove(id))
            try Output.show(["removed": id], json: connection.json) {
                "archive \(id) is offered no more; remove its file with: hubctl artifact remove \(id)"
            }
        }
    }
}

extension AdminArchive {
    /// For people.
    var whom: String {
        switch target {
        case "devices":
            switch devices ?? [] {
            case let ids where ids.count == 1: "device \(ids[0])"
            case let ids: "\(ids.count) devices"
            }
        case "group": "group \(group ?? "")"
        case "filter": terms ?? "a filter"
        default: "all devices"
        }
    }

    /// The terms of its filter; as JSON where this release does not know one.
    private var terms: String? {
        guard let filter else { return nil }
        guard let terms = try? InventoryFilter(filter).terms else {
            return String(decoding: filter.encoded(), as: UTF8.self)
        }
        return terms.map(\.text).joined(separator: " and ")
    }
}
