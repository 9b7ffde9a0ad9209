internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import PKI

struct ProjectCreateCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a project with the publisher's public keys.",
        discussion: """
            The ID is the one the publisher's first key was made with. Keys are given as FILE or KID=FILE, in PEM or as a
            JWK; the first project key is named like the project where neither says otherwise. The hub makes the
            co-signer's key, unless one is given. Open deployments for the device types are held until releases cover
            them; --dry-run shows which.

            Where a hub was lost without a backup, --trust takes over the newest trust store that devices have, with its
            version. The hub has no co-signer key then, until a key set of the recovery keys brings its own: see
            hubctl cosign project next-cosigner.

            Examples:
              hubctl cosign project create 5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10 --project-key project.key.pub \\
                  --recovery-key recovery-a=a.key.pub --recovery-key recovery-b=b.key.pub \\
                  --recovery-key recovery-c=c.key.pub --device-types rpi4,rpi5
              hubctl cosign project create ID --project-key project.jwk --approval manual \\
                  --cosigner-token 'pkcs11:token=hub;object=cosigner?pin-source=file:/etc/latchkey/pin'
              hubctl cosign project create ID --trust trust.json --device-types rpi4,rpi5
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the project.") var id: String
    @Option(help: "Public project key; repeat for several.") var projectKey: [NamedKey] = []
    @Option(help: "Public recovery key; repeat for several.") var recoveryKey: [NamedKey] = []
    @Option(help: "How many recovery keys must sign a key set; default: 2.") var recoveryThreshold: Int64?
    @Option(help: "Trust store to take over from devices, instead of keys.") var trust: String?
    @OptionGroup(title: "Rules") var rules: ProjectRuleOptions
    @OptionGroup(title: "The co-signer's key") var coSigner: CoSignerKeyOptions
    @Flag(help: "Only show which deployments would be held.") var dryRun = false

    func validate() throws {
        guard trust != nil || !projectKey.isEmpty else {
            throw ValidationError("give --project-key FILE, or --trust FILE to take over the keys that devices have")
        }
        let givesKeys = !projectKey.isEmpty || !recoveryKey.isEmpty || recoveryThreshold != nil || coSigner.isUsed
        guard trust == nil || !givesKeys else {
            throw ValidationError("--trust brings all keys; leave out the options for keys")
        }
    }

    func work() async throws {
        var project = try trust.map(takenOver) ?? keys()
        project.rules = try rules.read()
        let client = try connection.client()
        guard !dryRun else {
            let planned = ReleaseGate.Project(new: id, try rules.read())
            return try await RuleChange(to: planned, isNew: true, client).show(json: connection.json)
        }
        try coSigner.fill(&project)
        let made = try await client.call(CoSignEndpoints.create(project))
        try Output.show(made, json: connection.json) { made.text + Terminal.plain("\n\n" + next) }
    }

    private func keys() throws -> AdminNewProject {
        let id = id
        var project = AdminNewProject(
            id: id, projectKeys: try projectKey.map { try $0.read(otherwise: KeyID(id)).named })
        project.recoveryKeys = try recoveryKey.map { try $0.read(otherwise: nil).named }
        project.recoveryThreshold = recoveryThreshold
        return project
    }

    /// - Throws: a failure for a trust store that can't get a co-signer key of this hub.
    private func takenOver(_ file: String) throws -> AdminNewProject {
        let known = try CoSignFiles.trust(file)
        guard isSame(known.project, id) else {
            throw CommandFailure.failed("\(file) is for project \(known.project); give its ID, or another file")
        }
        guard !known.recoveryKeys.isEmpty else {
            throw CommandFailure.failed(
                "\(file) has no recovery keys, which alone could bring this hub's key; give devices a new trust store")
        }
        var project = AdminNewProject(id: id, projectKeys: [])
        project.trust = String(decoding: known.json.encoded(), as: UTF8.self)
        return project
    }

    /// What is to be done next, in words.
    private var next: String {
        trust == nil
            ? "the publisher needs the co-signer's key: hubctl cosign project cosigner \(id) --out FILE"
            : "the recovery keys must sign the hub's key: hubctl cosign project next-cosigner \(id) --out FILE"
    }
}

/// Rules of a project, as options.
struct ProjectRuleOptions: ParsableArguments {
    @Option(help: "Device types that belong to the project, separated by commas; empty for none.")
    var deviceTypes: String?
    @Option(
        help: "auto, or manual: whether uploaded releases wait for approval.", completion: .list(["auto", "manual"]))
    var approval: String?
    @Option(help: ArgumentHelp("Life of a co-signature, 1 to 86400 s.", valueName: "seconds")) var ttl: Int64?
    @Flag(inversion: .prefixedNo, help: "Whether its devices get only artifacts that a release covers.")
    var requireRelease: Bool?
    @Flag(inversion: .prefixedNo, help: "Whether plain messages need a project key's signature, too.")
    var requireProjectSignature: Bool?

    /// - Throws: a failure of usage for an empty name among the device types.
    func read() throws -> AdminProjectRules {
        var rules = AdminProjectRules()
        rules.deviceTypes = try deviceTypes.map(Self.types)
        rules.approval = approval
        rules.lifetimeSeconds = ttl
        rules.requireRelease = requireRelease
        rules.requireProjectSignature = requireProjectSignature
        return rules
    }

    /// Whether any of these was given.
    var isUsed: Bool {
        deviceTypes != nil || approval != nil || ttl != nil || requireRelease != nil || requireProjectSignature != nil
    }

    private static func types(_ text: String) throws -> [String] {
        guard !text.isEmpty else { return [] }
        let types = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !types.contains("") else {
            throw CommandFailure.usage("--device-types has an empty name; write them like rpi4,rpi5")
        }
        return types
    }
}

/// A co-signer's key that the hub does not make itself.
struct CoSignerKeyOptions: ParsableArguments {
    @Option(help: "Private key of P-256, PEM; the hub keeps it sealed.") var cosignerKey: String?
    @Option(help: ArgumentHelp("PKCS#11 URI of a key at the hub.", valueName: "uri")) var cosignerToken: String?
    @Option(help: "Name of the key; default: project/ and the project's ID.") var cosignerKid: String?
    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard cosignerKey == nil || cosignerToken == nil else {
            throw ValidationError("--cosigner-key and --cosigner-token exclude each other")
        }
    }

    /// Whether any of these was given.
    var isUsed: Bool { cosignerKey != nil || cosignerToken != nil || cosignerKid != nil }

    /// A private key as it is sent to the hub.
    static func pem(_ file: String, _ signing: SigningOptions) throws -> String {
        let key = try CoSignFiles.p256(file, signing)
        guard let pem = try? key.pem() else {
            throw CommandFailure.failed("\(file) can't leave its token; name it with --cosigner-token")
        }
        return pem
    }

    func fill(_ project: inout AdminNewProject) throws {
        project.coSignerPEM = try cosignerKey.map { try Self.pem($0, signing) }
        project.coSignerToken = cosignerToken
        project.coSignerKID = cosignerKid
    }
}

extension VerificationKey {
    /// The key as the hub takes it.
    var named: AdminNamedKey { AdminNamedKey(kid: kid.text, pem: key.pem()) }
}
