import CoSigning
import Encoding
import Foundation
import PKI
import Testing

/// The commands of docs/co-signing-publisher.md, one after the other.
@Suite(.timeLimit(.minutes(5))) struct PublisherGuideTests {
    private let site: ProgramHub
    private let guide: Document

    init() throws {
        site = try ProgramHub()
        guide = try Document("docs/co-signing-publisher.md")
        try site.write("passphrase", "a long passphrase\n")
        try site.write("release-2.mender", "an artifact\n")
    }

    @discardableResult
    private func run(_ step: String, _ variables: [String: String] = [:]) async throws -> ProgramResult {
        try await site.shell(try guide.step(step), variables).succeeded()
    }

    private func trust(_ file: String) throws -> TrustedKeys {
        try TrustedKeys(try #require(StrictJSON.parse(try site.read(file).dropLast())))
    }

    @Test func commandsOfTheGuide_LeadFromKeysToAReleaseAndOtherKeys() async throws {
        try await run("keys")
        let project = try JSONDecoder().decode([String: Member].self, from: Data(try site.read("project.json")))
        let id = try #require(project["kid"]?.text)
        #expect(try site.text("project.key").contains("ENCRYPTED"))

        let coSigner = SigningKey(kid: try #require(KeyID(coSignerOf: id)), key: try PrivateKey.makeP256())
        let named = try #require(VerificationKey(kid: coSigner.kid, key: coSigner.key.publicKey))
        try site.write("cosigner.jwk", named.jwk.encoded())
        try await run("trust", ["PROJECT": id])
        #expect(try trust("trust.json").recoveryKeys.count == 3)

        try await run("sign", ["PROJECT": id])
        try await run("server", ["PROJECT": id])
        let third = try SignedMessage(parsing: try site.read("release-3.json"))
        #expect(third.entries.map(\.header.kid.text) == [id, "build-1"])

        let release = try SignedMessage(parsing: try site.read("release-2.json"))
        let now = Int64(Date.now.timeIntervalSince1970)
        let signed = try CoSigner(key: coSigner).sign(
            release, now: now, end: now + 900, lifetime: 900, grant: CoSigner.Grant(audience: "all"))
        try site.write("signed.json", signed.encoded())
        #expect(try await run("verify").output == "accept: install\n")
        try await run("bundle")
        #expect(site.names(in: "usb") == ["release-2.mender", "release-2.mender.release.json"])

        #expect(try await run("rotate", ["PROJECT": id]).output.contains("complete   yes"))
        #expect(try trust("trust-2.json").projectKeys.map(\.kid.text) == [id + "#2"])
    }

    /// A member of `project.json`, of which texts alone are looked at.
    private struct Member: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }
}
