internal import AdminAPI
internal import ArgumentParser
internal import Rules
internal import Wire

struct DeploymentCreateCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a deployment.",
        discussion: """
            --all and --group select the devices at creation time; with --filter a device takes part if it matches when
            it asks for an update. hubctl group create --help shows the syntax of filter terms; all of them must hold.

            With --filter and without --limit a deployment goes on by itself. If it has one of the options of that
            group, the others are then: --concurrent 10, --failures 3, --failure-rate 5/180, --penalty 1440. --product
            alone is for all devices of that product.

            Examples:
              hubctl deployment create release-2 --device lamp-0001 lamp-0002
              hubctl deployment create release-2 --group north --phase 10% --phase 50%@2027-01-01T02:00:00Z --phase rest --stop-at 20%
              hubctl deployment create release-2 --filter 'inventory.os=debian' --window 'Mon-Fri 02:00-04:00' --retries 2
              hubctl deployment create release-2 --all --hold install --hold commit
              hubctl deployment create widget-1.2.0 --product widget --concurrent 20 --version-requirement '< 1.2.0'
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "Release to install.") var release: String
    @Option(help: "Name of the deployment; default: the release's name.") var name: String?
    @OptionGroup(title: "For whom") var target: TargetOptions
    @OptionGroup(title: "When") var plan: PlanOptions
    @OptionGroup(title: "How") var hold: HoldOptions
    @OptionGroup(title: "That goes on by itself") var standing: StandingOptions

    func validate() throws {
        guard target.isNamed || standing.product != nil else {
            throw ValidationError("give one of --device, --group, --filter, --all and --product")
        }
    }

    func work() async throws {
        var wish = AdminNewDeployment(release: release)
        wish.name = name
        target.fill(&wish)
        try standing.fill(&wish)
        if !target.isNamed, let product = standing.product { wish.filter = ["inventory.product=\(product)"] }
        try plan.fill(&wish)
        hold.fill(&wish)
        let deployment = try await connection.client().call(DeploymentEndpoints.create(wish))
        try Output.show(deployment, json: connection.json) {
            let whom = deployment.deviceCount.map { "\($0) devices" } ?? "every matching device"
            return Terminal.plain(
                "deployment \(deployment.id) installs \(deployment.release) on \(whom); watch it with: hubctl deployment watch "
                    + deployment.id)
        }
    }
}

/// For whom a deployment is.
struct TargetOptions: ParsableArguments {
    @Option(
        name: .customLong("device"), parsing: .upToNextOption, help: "Devices, by their IDs; may be repeated.")
    var devices: [String] = []
    @Option(help: "The members of this group.") var group: String?
    @Option(name: .customLong("filter"), help: "A term that must hold for a device; may be repeated.")
    var terms: [String] = []
    @Flag(help: "Every accepted device.") var all = false

    /// Whether one of them is given.
    var isNamed: Bool { given > 0 }

    private var given: Int { [!devices.isEmpty, group != nil, !terms.isEmpty, all].count(where: \.self) }

    func validate() throws {
        guard given <= 1 else { throw ValidationError("give only one of --device, --group, --filter and --all") }
    }

    func fill(_ wish: inout AdminNewDeployment) {
        if !devices.isEmpty { wish.devices = devices }
        wish.group = group
        if !terms.isEmpty { wish.filter = terms }
        if all { wish.all = true }
    }
}

/// When devices begin, and when no more do.
struct PlanOptions: ParsableArguments {
    @Option(help: ArgumentHelp("When it starts, like 2027-01-31T02:00:00Z.", valueName: "time")) var start: String?
    @Option(
        name: .customLong("phase"),
        help: ArgumentHelp("A part of the devices: 10%, 50%@TIME, and rest in the end.", valueName: "part"))
    var phases: [String] = []
    @Option(
        name: .customLong("window"),
        help: ArgumentHelp("When devices may begin, like 'Mon-Fri 02:00-04:00', hub's time.", valueName: "window"))
    var windows: [String] = []
    @Option(help: ArgumentHelp("Stop when this share of the finished devices failed, like 20%.", valueName: "share"))
    var stopAt: String?
    @Option(help: "Devices that must have finished before --stop-at applies.") var stopAfter: Int?
    @Option(help: "Retries per device after a failure.") var retries = 0
    @Option(help: "Maximum number of devices.") var limit: Int?

    func validate() throws {
        var wish = AdminNewDeployment(release: "-")
        do {
            try fill(&wish)
        } catch let failure as CommandFailure {
            throw ValidationError(failure.line)
        }
        guard stopAfter == nil || stopAt != nil else { throw ValidationError("--stop-after goes with --stop-at") }
    }

    func fill(_ wish: inout AdminNewDeployment) throws {
        wish.startsAt = try start.map(RolloutText.time)
        if !phases.isEmpty { wish.phases = try phases.map(RolloutText.phase) }
        if !windows.isEmpty { wish.windows = try windows.map(RolloutText.window) }
        wish.stopRule = try stopAt.map { text in
            let percent = try RolloutText.percent(text, "--stop-at")
            try RolloutText.check("--stop-after") { () throws(RolloutProblem) in
                try RolloutRules.check(failurePercent: percent, afterDevices: stopAfter ?? 1)
            }
            return AdminStopRule(failurePercent: percent, afterDevices: stopAfter)
        }
        try RolloutText.check("--retries") { () throws(RolloutProblem) in try RolloutRules.check(retries: retries) }
        if let limit {
            try RolloutText.check("--limit") { () throws(RolloutProblem) in
                try RolloutRules.check(deviceLimit: limit)
            }
        }
        if retries > 0 { wish.retries = retries }
        wish.deviceLimit = limit
    }
}

/// What devices do with it.
struct HoldOptions: ParsableArguments {
    @Flag(help: "Also install where the release is already installed.") var force = false
    @Option(
        name: .customLong("hold"), help: "Wait before install, reboot or commit until released; may be repeated.",
        completion: .list(RolloutRules.holdPoints))
    var holdPoints: [String] = []

    func validate() throws {
        for point in holdPoints { try RolloutText.validate(holdPoint: point) }
    }

    func fill(_ wish: inout AdminNewDeployment) {
        if force { wish.force = true }
        if !holdPoints.isEmpty { wish.holdPoints = holdPoints }
    }
}
