internal import ArgumentParser
internal import CoSigning
internal import Encoding

/// Key sets: how devices get other keys (docs/protocols/cosign.md 7).
struct KeySetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyset", abstract: "Replace the keys that devices trust.",
        discussion: """
            A key set is drafted from the trust store that devices have, signed with every key it needs, checked, and
            published at the hub. It needs a project key and a co-signer key, or enough recovery keys; and every key
            that is new signs too. The hub signs with its co-signer key, and with a new one of its own, on keyset
            cosign. A stolen key is replaced in one key set, a co-signer key in two: add the new one, wait until devices
            have it, remove the old one. Recovery keys replace a co-signer key in one.

            Example:
              hubctl cosign keyset draft --trust trust.json --add-project new.key.pub --remove ID --out keyset-2.json
              hubctl cosign keyset sign keyset-2.json --key new.key
              hubctl cosign keyset sign keyset-2.json --key recovery-a.key --trust trust.json
              hubctl cosign keyset sign keyset-2.json --key recovery-b.key --trust trust.json
              hubctl cosign keyset check keyset-2.json --trust trust.json --out trust-2.json
              hubctl cosign keyset publish keyset-2.json
            """,
        subcommands: [
            KeySetDraftCommand.self, KeySetSignCommand.self, Check.self, KeySetCoSignCommand.self,
            KeySetPublishCommand.self,
        ])

    struct Check: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a key set as a device does, and show the trust store after it. Needs no hub.",
            discussion: """
                Example:
                  hubctl cosign keyset check keyset-2.json --trust trust.json --out trust-2.json
                """)

        @Argument(help: "The signed key set.") var file: String
        @Option(help: "Trust store before it.") var trust: String
        @Option(help: "File to write the new trust store to.") var out: String?
        @Flag(help: "Print one JSON document on standard output.") var json = false

        func work() async throws {
            let old = try CoSignFiles.trust(trust)
            let message = try CoSignFiles.message(file)
            let new = try CoSignFiles.naming(file) {
                try KeySet.accept(message, trust: old, state: AcceptanceState())
            }.trust
            if let out { try CoSignFiles.write(new.json.encoded(), to: out) }
            Output.show(exactly: new.json, json: json) { new.text }
        }
    }
}
