internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import Glibc

struct KeySetDraftCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "draft", abstract: "Write the unsigned claims of the next key set. Needs no hub.",
        discussion: """
            Begins with the keys of the trust store. Keys are given as FILE or KID=FILE, in PEM or as a JWK; a project or
            co-signer key without a name gets the next free one: ID#2 after ID. Recovery keys and their threshold can be
            changed by recovery keys only. --seq-reset repairs a stream whose number ran ahead; 0 forgets the stream.

            Examples:
              hubctl cosign keyset draft --trust trust.json --add-cosigner new-cosigner.jwk --out keyset-2.json
              hubctl cosign keyset draft --trust trust.json --add-project new.key.pub --remove ID \\
                  --seq-reset os=41 --out keyset-2.json
              hubctl cosign keyset draft --trust trust.json --remove recovery-a \\
                  --add-recovery recovery-d=d.key.pub --dry-run
            """)

    @Option(help: "Trust store that devices have now.") var trust: String
    @Option(help: "Public project key to add; repeat for several.") var addProject: [NamedKey] = []
    @Option(help: "Public co-signer key to add; repeat for several.") var addCosigner: [NamedKey] = []
    @Option(help: "Public recovery key to add; repeat for several.") var addRecovery: [NamedKey] = []
    @Option(help: "Name of a key to remove; repeat for several.") var remove: [String] = []
    @Option(help: "How many recovery keys must sign.") var recoveryThreshold: Int64?
    @Option(help: "STREAM=SEQ to set a stream's number back; repeat for several.") var seqReset: [String] = []
    @Option(help: "Days that are written as its life; devices do not check it.") var days: Int64 = 365
    @Option(help: "File to write.") var out: String?
    @Flag(help: "Only show what would be written.") var dryRun = false
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func validate() throws {
        guard out != nil || dryRun else { throw ValidationError("give --out FILE, or --dry-run") }
        guard (1...36_500).contains(days) else { throw ValidationError("--days is 1 to 36500") }
    }

    func work() async throws {
        let old = try CoSignFiles.trust(trust)
        let plan = KeySetPlan(
            old: old, projectKeys: addProject, coSignerKeys: addCosigner, recoveryKeys: addRecovery, removed: remove,
            threshold: recoveryThreshold)
        let new = try plan.trust()
        let resets = try resets()
        guard new.json.without("version") != old.json.without("version") || !resets.isEmpty else {
            throw CommandFailure.usage("nothing would change; add or remove a key, or give --seq-reset")
        }
        var members = [JSONValue.Member("kind", .string("keyset"))] + (new.json.members ?? [])
        if !resets.isEmpty { members.append(.init("seq_reset", .object(resets))) }
        let draft = try ClaimsDraft(members, issuer: old.project, now: Int64(time(nil)), days: days)
        if let out, !dryRun { try CoSignFiles.write(draft.json.encoded(), to: out) }
        Output.show(exactly: draft.json, json: json) {
            new.text + "\n" + Output.pairs(["must be signed by": plan.signers(of: new)])
                + (dryRun ? "\nnothing was written" : "\n\(out ?? "") is written")
        }
    }

    private func resets() throws -> [JSONValue.Member] {
        try ArtifactFiles.pairs(seqReset, "--seq-reset").sorted { $0.key < $1.key }.map { stream, text in
            guard ReleaseClaims.isStream(stream), let number = Int64(text),
                (0...CoSignLimits.largestInteger).contains(number)
            else { throw CommandFailure.usage("--seq-reset wants STREAM=SEQ such as os=41, not \(stream)=\(text)") }
            return .init(stream, .number("\(number)"))
        }
    }
}

extension JSONValue {
    /// The members of an object but one.
    fileprivate func without(_ name: String) -> [Member] { (members ?? []).filter { $0.name != name } }
}
