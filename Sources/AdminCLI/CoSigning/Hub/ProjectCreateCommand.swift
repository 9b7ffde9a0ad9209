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

            Examples:
              hubctl cosign project create 5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10 --project-key project.key.pub \\
                  --recovery-key recovery-a=a.key.pub --recovery-key recovery-b=b.key.pub \\
                  --recovery-key recovery-c=c.key.pub --device-types rpi4,rpi5
              hubctl cosign project create ID --project-key project.jwk --approval manual \\
                  --cosigner-token 'pkcs11:token=hub;object=cosigner?pin-source=file:/etc/latchkey/pin'
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the project.") var id: String
    @Option(help: "Public project key; repeat for several.") var projectKey: [NamedKey]
    @Option(help: "Public recovery key; repeat for several.") var recoveryKey: [NamedKey] = []
    @Option(help: "How many recovery keys must sign a key set; default: 2.") var recoveryThreshold: Int64?
    @OptionGroup(title: "Rules") var rules: ProjectRuleOptions
    @OptionGroup(title: "The co-signer's key") var coSigner: CoSignerKeyOptions
    @Flag(help: "Only show which deployments would be held.") var dryRun = false

    func work() async throws {
        let id = id
        var project = AdminNewProject(
            id: id, projectKeys: try projectKey.map { try $0.read(otherwise: KeyID(id)).named })
        project.recoveryKeys = try recoveryKey.map { try $0.read(otherwise: nil).named }
        project.recoveryThreshold = recoveryThreshold
        project.rules = try rules.read()
        let client = try connection.client()
        guard !dryRun else {
            let planned = ReleaseGate.Project(new: id, try rules.read())
            return try await RuleChange(to: planned, isNew: true, client).show(json: connection.json)
        }
        try coSigner.fill(&project)
        let made = try await client.call(CoSignEndpoints.create(project))
        try Output.show(made, json: connection.json) {
            made.text
                + Terminal.plain(
                    "\n\nthe publisher needs the co-signer's key: hubctl cosign project cosigner \(id) --out FILE")
        }
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
