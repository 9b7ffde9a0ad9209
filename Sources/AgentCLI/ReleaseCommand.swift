internal import ArgumentParser
internal import DeviceClient

/// `hub-agent release`
struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Fetch co-signed releases: checked, stored, and never an older one again.",
        discussion: """
            Examples:
              hub-agent release fetch --stream os --type rpi4 --out /data/next.mender
              hub-agent release installed --stream os --seq 42
              hub-agent release status
            """,
        subcommands: [ReleaseFetchCommand.self, ReleaseInstalledCommand.self, ReleaseStatusCommand.self])
}

/// `hub-agent release fetch`
struct ReleaseFetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Ask for the release of a stream, check it, and bring its file.",
        discussion: """
            Both signatures, time, audience, hardware and number are checked, and what is accepted is stored before the file is fetched. The
            file appears only when size and hash are right; an interrupted download goes on where it was. Refusals are told to the hub.
            --out is a plain file: a device, pipe, link or folder in its place is refused before anything is fetched.

            Exit code 0 also when there is nothing to install; 1 when the release or the file is refused.

            Examples:
              hub-agent release fetch --stream os --type rpi4 --out /data/next.mender
              hub-agent release fetch --stream os --type rpi4 --json
              hub-agent release fetch --stream os --from /media/usb --out /data/next.mender
            """)

    @OptionGroup var options: DeviceOptions
    @OptionGroup var releases: ReleaseOptions

    @Option(help: "Stream, for example os.")
    var stream: String

    @Option(help: ArgumentHelp("Plain file to bring the artifact to. Default: only check.", valueName: "file"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Folder with a bundle instead of the hub: NAME.release.json and the artifact beside it.",
            valueName: "folder"))
    var from: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() async throws {
        try await ending {
            let device = try options.device { releases.apply(to: &$0) }
            let found = try await reporting(device) { () async throws -> DeviceRelease? in
                let release =
                    if let from {
                        try await device.release(stream: stream, fromFolder: from)
                    } else {
                        try await device.release(stream: stream)
                    }
                if let release, let out, release.action == .install { try await device.download(release, to: out) }
                return release
            }
            let file = found?.action == .install ? out : nil
            AgentOutput.result(ReleaseOutput(stream: stream, release: found, file: file).text(json: json), json: json)
        }
    }
}

/// `hub-agent release installed`
struct ReleaseInstalledCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "installed",
        abstract: "Say that an accepted release runs, once its new image has committed.",
        discussion: """
            From then on the release is not offered for installation again. The hub is told when it can be reached.
            The number must be that of the release accepted last: when a newer one was accepted meanwhile, install that.

            Example:
              hub-agent release installed --stream os --seq 42
            """)

    @OptionGroup var options: DeviceOptions

    @Option(help: "Stream, for example os.")
    var stream: String

    @Option(
        help: ArgumentHelp("Number of the release accepted last, as release fetch printed it.", valueName: "number"))
    var seq: Int64

    func run() async throws {
        try await ending {
            let device = try options.device()
            try await reporting(device) { try await device.markInstalled(stream: stream, seq: seq) }
            AgentOutput.message(.notice, "installed: release \(seq) of \(stream)")
        }
    }
}

/// `hub-agent release status`
struct ReleaseStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what was accepted and installed, and how old that knowledge is.",
        discussion: """
            Health is updates-stale when no message was accepted for 7 days of uptime: updates may be withheld.

            Examples:
              hub-agent release status
              hub-agent release status --json
            """)

    @OptionGroup var state: StateOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await ending {
            let id = try Device.owner(ofFolder: state.folder) ?? "unknown"
            let device = try Device(id: id, configuration: DeviceConfiguration(folder: state.folder))
            let status = ReleaseStatusOutput(status: try await device.releaseStatus())
            AgentOutput.result(status.text(json: json), json: json)
        }
    }
}
