import CoSigning
import Foundation
import Testing

/// A project key in a PKCS#11 token: SoftHSM's, which stands for any.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled(if: SoftTokens.isInstalled, "softhsm2, opensc and libengine-pkcs11-openssl are not installed"))
struct CoSignTokenTests {
    private static let uri = "pkcs11:token=publisher;object=release?module-path=\(SoftTokens.library)"

    private let bench: CoSignBench

    init() async throws {
        bench = try await CoSignBench()
        try bench.site.write("softhsm2.conf", "directories.tokendir = \(bench.site.path("tokens"))\n")
        try bench.site.write("pin", "4711\n")
        try bench.site.write("wrong", "4712\n")
        try await hubctl(
            """
            mkdir tokens
            softhsm2-util --init-token --free --label publisher --so-pin 12345678 --pin 4711
            pkcs11-tool --module \(SoftTokens.library) --token-label publisher --login --pin 4711 --keypairgen \
                --key-type EC:prime256v1 --label release --id 01
            """
        ).succeeded()
    }

    /// Runs commands that see the token.
    private func hubctl(_ commands: String) async throws -> ProgramResult {
        try await bench.site.shell(commands, ["SOFTHSM2_CONF": bench.site.path("softhsm2.conf")])
    }

    @Test func keyInAToken_SignsARelease_ThatItsPublicKeyConfirms() async throws {
        let project = bench.project
        try await hubctl(
            """
            hubctl cosign public --key '\(Self.uri)' --passphrase-file pin --kid \(project) --out token.jwk
            hubctl cosign trust --project \(project) --project-key token.jwk --cosigner-key cosigner.key.pub --out trust.json
            hubctl cosign sign --key '\(Self.uri)' --passphrase-file pin --project \(project) --stream os --seq 1 \
                --release-version 1 --device-type rpi4 --file \(CoSignBench.artifact) --out r.json
            """
        ).succeeded()
        try bench.coSign("r.json", to: "signed.json")
        try await bench.verify("signed.json").succeeded()
        // The same release by the key in the file, which that trust store does not have.
        try await bench.makeSignedRelease()
        try bench.expectRejection(try await bench.verify("signed.json"), "bad_signature")
    }

    @Test func wrongPIN_OrNone_IsRefused() async throws {
        let command = "hubctl cosign public --kid k --key '\(Self.uri)'"
        try await hubctl(command + " --passphrase-file wrong").expectRefusal("PIN is wrong")
        try await hubctl(command).expectRefusal("wants a PIN")
        try await hubctl(command + "'&pin-value=4711'").expectRefusal("must hold no PIN")
    }
}

/// SoftHSM, as Debian installs it.
enum SoftTokens {
    static let library = "/usr/lib/softhsm/libsofthsm2.so"
    static let isInstalled =
        [library, "/usr/bin/softhsm2-util", "/usr/bin/pkcs11-tool"].allSatisfy(FileManager.default.fileExists(atPath:))
        && (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib"))?.contains {
            FileManager.default.fileExists(atPath: "/usr/lib/\($0)/engines-3/pkcs11.so")
        } == true
}
