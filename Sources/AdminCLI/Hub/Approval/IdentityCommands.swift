internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import PKI
internal import Wire

/// Devices by their keys of the update protocol.
extension DeviceCommand {
    struct Accept: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept the pending key of a device of the update protocol.",
            discussion: """
                hubctl device show ID shows its identity and its keys: compare them with what the device shows.
                Accepting another key rejects the one accepted before. --fingerprint is required if several keys are
                pending.

                Examples:
                  hubctl device accept 5f0f4bb1-53c6-4f1d-9f2e-0a5a1c6f6d3b
                  hubctl device accept lamp-0001 --fingerprint 5f3a...
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Option(help: "SHA-256 of the public key.") var fingerprint: String?

        func work() async throws {
            let device = try await connection.client().call(
                DeviceEndpoints.accept(id, AdminAcceptance(fingerprint: fingerprint)))
            try Output.show(device, json: connection.json) {
                let key = device.identity?.keys.first { $0.status == "accepted" }
                return Terminal.plain("\(id) is accepted with the key \(key?.fingerprint ?? "-")")
            }
        }
    }

    struct Preauthorize: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a device of the update protocol that is accepted at its first request.",
            discussion: """
                For devices whose identity and public key are known before their first request.

                Examples:
                  hubctl device preauthorize --identity '{"serial":"SN-1"}' --public-key sn-1.pem
                  hubctl device preauthorize --identity '{"serial":"SN-1"}' --public-key new.pem --force
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: ArgumentHelp("What the device calls itself: a JSON object.", valueName: "json"))
        var identity: String
        @Option(help: ArgumentHelp("Its public key, PEM.", valueName: "file")) var publicKey: String
        @Flag(help: "Add the key to a device of that identity.") var force = false

        func validate() throws {
            guard (try? DeviceAuthentication.canonicalIdentity(Array(identity.utf8))) != nil else {
                throw ValidationError("--identity is a JSON object with at least one member")
            }
        }

        func work() async throws {
            guard let key = try ArtifactFiles.publicKeys([publicKey]).first else { return }
            let device = try await connection.client().call(
                DeviceEndpoints.preauthorize(
                    AdminPreauthorization(identity: identity, publicKeyPEM: key.pem(), force: force)))
            try Output.show(device, json: connection.json) {
                "device \(device.deviceID) will be accepted with the key \(key.fingerprint)"
            }
        }
    }
}

extension AdminIdentity {
    /// The identity data in one line.
    var text: String {
        (data.members ?? []).map { member in
            member.name + "=" + (member.value.string ?? String(decoding: member.value.encoded(), as: UTF8.self))
        }.joined(separator: " ")
    }
}
