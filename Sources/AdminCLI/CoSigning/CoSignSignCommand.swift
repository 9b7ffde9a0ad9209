internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import Glibc

struct CoSignSignCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a release, or add a signature to a message. Needs no hub.",
        discussion: """
            A release comes from options or from a JSON file of claims; iss, jti, nbf and exp are added where they are
            absent. What the protocol does not allow is not signed. --message adds a signature to a message that has
            one: that of a server which uploads the release, for example. A server's ID must be in the release as iss:
            name it with --server when the project key signs.

            Examples:
              hubctl cosign sign --key project.key --project ID --stream os --seq 42 --release-version 2.4.1 \\
                  --device-type rpi4 --device-type rpi5 --file release-2.mender --out release-2.json
              hubctl cosign sign --key project.key --project ID --stream os --seq 43 --release-version 2.4.2 \\
                  --device-type rpi4 --file release-3.mender --server SERVER --server-key server.key --out release-3.json
              hubctl cosign sign --key 'pkcs11:token=publisher;object=release' --kid ID --claims release.json --out r.json
              hubctl cosign sign --key server.key --kid SERVER --message release-2.json
            """)

    @Option(help: "Private key, PEM, or a pkcs11: URI.") var key: String
    @OptionGroup var signing: SigningOptions
    @Option(help: "Name of the key; default: the project's ID.") var kid: String?
    @Option(help: "JSON file of the claims to sign.") var claims: String?
    @Option(help: "Message to add a signature to.") var message: String?
    @OptionGroup var release: ReleaseOptions
    @Option(help: "Days until the release can no longer be installed.") var days: Int64 = 365
    @Option(help: "ID of the server that uploads it, written as iss; default: the project's ID.") var server: String?
    @Option(help: "Private key of that server, which signs too; a passphrase is asked for.") var serverKey: String?
    @Option(help: "File with the passphrase of the server's key.") var serverPassphraseFile: String?
    @Option(help: "File to write; with --message, default: replace the message.") var out: String?
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func validate() throws {
        let ways = [claims != nil, message != nil, release.isUsed].count { $0 }
        guard ways == 1 else {
            throw ValidationError("give --claims, or --message, or the options of a release: one of the three")
        }
        guard message != nil || out != nil else { throw ValidationError("--out is missing") }
        guard message == nil || kid != nil else { throw ValidationError("--message needs --kid") }
        guard message == nil || server == nil else { throw ValidationError("--server belongs to the first signature") }
        guard serverKey == nil || server != nil else { throw ValidationError("--server-key needs --server") }
        guard (1...36_500).contains(days) else { throw ValidationError("--days is 1 to 36500") }
    }

    func work() async throws {
        let signed = try message.map(adding) ?? first()
        guard let out = out ?? message else { throw CommandFailure.usage("--out is missing") }
        try CoSignFiles.write(signed.encoded(), to: out)
        let report = try CoSignFiles.naming(out) { try SignedReport(signed, file: out) }
        try Output.show(report, json: json) { report.text }
    }

    private func adding(to path: String) throws -> SignedMessage {
        let kid = try CoSignFiles.kid(kid ?? "")
        let message = try CoSignFiles.message(path)
        let claims = try CoSignFiles.naming(path) {
            let members = try Claims.decode(message.payload)
            try Self.refuseKeySet(members, path)
            return try Claims(members).members
        }
        guard message.entry(kid) == nil else { throw CommandFailure.failed("\(kid) has signed \(path) already") }
        return try CoSignFiles.signed(
            message, claims: claims, by: try CoSignFiles.signingKey(key, kid: kid, signing))
    }

    private func first() throws -> SignedMessage {
        let isShown = Terminal.isWatched && !json
        let members = try claims.map { try CoSignFiles.object($0).members ?? [] } ?? release.claims(progress: isShown)
        let given = JSONValue.object(members)
        try Self.refuseKeySet(given, claims ?? "")
        guard let name = kid ?? given["project"]?.string else {
            throw CommandFailure.usage("the claims name no project; give the key's name with --kid")
        }
        let kid = try CoSignFiles.kid(name)
        let issuer = server ?? given["project"]?.string ?? name
        if let server, let named = given["iss"]?.string, !named.utf8.elementsEqual(server.utf8) {
            throw CommandFailure.usage("the claims name another iss than --server; make them agree")
        }
        let draft = try ClaimsDraft(members, issuer: issuer, now: Int64(time(nil)), days: days)
        try CoSignFiles.naming(claims ?? "the release") { _ = try Claims(draft.json) }
        let signed = try CoSignFiles.signed(
            nil, claims: draft.json, by: try CoSignFiles.signingKey(key, kid: kid, signing))
        guard let server, let serverKey else { return signed }
        var options = SigningOptions()
        options.passphraseFile = serverPassphraseFile
        let second = try CoSignFiles.signingKey(serverKey, kid: try CoSignFiles.kid(server), options)
        guard second.kid != kid else { throw CommandFailure.usage("--server must differ from the project key's name") }
        return try CoSignFiles.signed(signed, claims: draft.json, by: second)
    }

    private static func refuseKeySet(_ claims: JSONValue, _ path: String) throws {
        guard MessageKind(of: claims) == .keyset else { return }
        throw CommandFailure.usage("\(path) is a key set; sign it with: hubctl cosign keyset sign")
    }
}
