internal import ArgumentParser

/// `hubctl cosign`: releases with two signatures (docs/protocols/cosign.md).
struct CoSignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosign", abstract: "Sign releases and check them; manage projects at the hub.",
        discussion: """
            A device installs a release only if the publisher's project key and the hub's co-signer key have both signed
            it. The private project key stays with the publisher: in a file with a passphrase, or in a PKCS#11 token.
            What the publisher does needs no hub; project, server, admin, key and release are commands to the hub, as
            are keyset cosign, keyset publish and bundle --release.

            Examples:
              hubctl cosign keygen --project --out project.key
              hubctl cosign sign --key project.key --project ID --stream os --seq 42 --release-version 2.4.1 \\
                  --device-type rpi4 --file release-2.mender --out release-2.json
              hubctl cosign verify --trust trust.json --type rpi4 release-2.json
              hubctl cosign project create ID --project-key project.key.pub --device-types rpi4,rpi5
              hubctl cosign release add release-2.json
            """,
        subcommands: [
            CoSignKeygenCommand.self, CoSignPublicCommand.self, CoSignTrustCommand.self, CoSignSignCommand.self,
            CoSignVerifyCommand.self, CoSignBundleCommand.self, KeySetCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "At the hub",
                subcommands: [
                    ProjectCommand.self, CallerCommand<ServerRole>.self, CallerCommand<AdminRole>.self,
                    KeyCommand.self, ReleaseCommand.self,
                ])
        ])
}
