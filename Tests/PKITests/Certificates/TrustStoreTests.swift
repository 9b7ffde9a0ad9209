internal import BaseTestSupport
import Testing

@testable import PKI

/// Chains: each verdict is that of `openssl verify -x509_strict`, and the one that was expected.
@Suite struct TrustStoreTests {
    /// The verdict of both readers; they must agree.
    private static func verify(
        _ leaf: Certificate, roots: [Certificate], intermediates: [Certificate] = [],
        purpose: TrustStore.Purpose = .client, at moment: Int64 = TestAuthority.now
    ) throws -> Bool {
        let store = TrustStore(roots: roots, intermediates: intermediates)
        let isTrusted = (try? store.verify(leaf, purpose: purpose, at: moment)) != nil
        let folder = try WorkFolder()
        var arguments = [
            "verify", "-x509_strict", "-partial_chain", "-attime", "\(moment)", "-no-CApath", "-no-CAstore",
        ]
        switch purpose {
        case .client: arguments += ["-purpose", "sslclient"]
        case .server: arguments += ["-purpose", "sslserver"]
        case .any: break
        }
        if roots.isEmpty { arguments += ["-no-CAfile"] }
        for (number, root) in roots.enumerated() {
            arguments += ["-trusted", try folder.put("root\(number)", root.pem.utf8)]
        }
        for (number, more) in intermediates.enumerated() {
            arguments += ["-untrusted", try folder.put("more\(number)", more.pem.utf8)]
        }
        let verdict = try OpenSSL.text(arguments + [try folder.put("leaf", leaf.pem.utf8)])
        #expect(verdict.hasSuffix(": OK\n") == isTrusted, "\(verdict)")
        return isTrusted
    }

    @Test func purposes_AreAskedFor() throws {
        let authority = try TestAuthority()
        let roots = [authority.certificate]
        for (profile, isClient, isServer) in [
            (CertificateProfile.iotdevice, true, false), (.server, false, true), (.service, true, true),
            (.ocsp, false, false),
        ] {
            let leaf = try authority.issue(profile)
            #expect(try Self.verify(leaf, roots: roots, purpose: .client) == isClient, "\(profile.name)")
            #expect(try Self.verify(leaf, roots: roots, purpose: .server) == isServer, "\(profile.name)")
            #expect(try Self.verify(leaf, roots: roots, purpose: .any), "\(profile.name)")
        }
    }

    /// OpenSSL takes the first second of a life for valid, the last one for over.
    @Test(arguments: [
        (Int64(1_799_999_999), false), (1_800_000_000, true), (1_850_000_000, true), (1_899_999_999, true),
        (1_900_000_000, false),
    ])
    func life_EndsAtItsSeconds(moment: Int64, isTrusted: Bool) throws {
        let authority = try TestAuthority()
        let leaf = try authority.issue(.iotdevice)
        #expect(try Self.verify(leaf, roots: [authority.certificate], at: moment) == isTrusted)
    }

    @Test func expiredAuthority_EndsItsCertificates() throws {
        let authority = try TestAuthority()
        let leaf = try authority.issue(.iotdevice, notBefore: 1_650_000_000, notAfter: 2_500_000_000)
        #expect(try Self.verify(leaf, roots: [authority.certificate], at: TestAuthority.end - 1))
        #expect(try !Self.verify(leaf, roots: [authority.certificate], at: TestAuthority.end))
        #expect(try !Self.verify(leaf, roots: [authority.certificate], at: TestAuthority.start - 1))
        let error = #expect(throws: PKIError.self) {
            try TrustStore(roots: [authority.certificate]).verify(leaf, purpose: .client, at: TestAuthority.end)
        }
        #expect(error?.step == .verifyChain && error?.reasons == ["certificate has expired"])
    }

    @Test func strangersOfTheSameName_AreNotBelieved() throws {
        let (authority, namesake) = (try TestAuthority(), try TestAuthority())
        let leaf = try namesake.issue(.iotdevice)
        #expect(try !Self.verify(leaf, roots: [authority.certificate]))
        #expect(try !Self.verify(leaf, roots: [authority.certificate], intermediates: [namesake.certificate]))
        #expect(try Self.verify(leaf, roots: [authority.certificate, namesake.certificate]))
        #expect(try !Self.verify(leaf, roots: []))
        #expect(try !Self.verify(namesake.certificate, roots: [authority.certificate], purpose: .any))
    }

    /// Who trusts the old authority goes on to the new one by its cross certificate, which must be there.
    @Test func crossCertificate_LeadsFromOneAuthorityToAnother() throws {
        let (old, new) = (try TestAuthority("Old CA"), try TestAuthority("New CA"))
        let cross = try old.signer.crossSign(
            new.certificate, serial: .random(), notBefore: TestAuthority.start, notAfter: TestAuthority.end)
        #expect(cross.publicKey == new.certificate.publicKey && cross.subjectDER == new.certificate.subjectDER)
        #expect(cross.isAuthority && cross.isSigned(by: old.certificate) && cross.subject.organization == "Test Zone")
        #expect(try Self.verify(cross, roots: [old.certificate], purpose: .any))
        #expect(try !Self.verify(cross, roots: [new.certificate], purpose: .any))
        let leaf = try new.issue(.iotdevice)
        #expect(leaf.isSigned(by: cross))
        // The old authority admits none below it (pathlen 0), so the cross certificate itself must be the anchor.
        #expect(try !Self.verify(leaf, roots: [old.certificate], intermediates: [cross]))
        #expect(try Self.verify(leaf, roots: [cross]))
        #expect(try !Self.verify(leaf, roots: [old.certificate]))
    }

    @Test func intermediate_IsNeededAndNotTrustedByItself() throws {
        let folder = try WorkFolder()
        let key = try OpenSSL.makeKey("EC", "ec_paramgen_curve:P-256")
        let authority = [
            "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash",
        ]
        let root = try OpenSSL.makeCertificate(folder, "root", key: key, subject: "/CN=Root", extensions: authority)
        let middle = try OpenSSL.makeCertificate(
            folder, "middle", key: try OpenSSL.makeKey("EC", "ec_paramgen_curve:P-256"), subject: "/CN=Middle",
            extensions: authority + ["authorityKeyIdentifier=keyid"], issuer: "root")
        let leaf = try OpenSSL.makeCertificate(
            folder, "leaf", key: try OpenSSL.makeKey("ED25519"), subject: "/CN=Leaf",
            extensions: ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"], issuer: "middle")
        let now = root.notBefore + 60
        #expect(try Self.verify(leaf, roots: [root], intermediates: [middle], at: now))
        #expect(try !Self.verify(leaf, roots: [root], at: now))
        #expect(try !Self.verify(leaf, roots: [], intermediates: [middle, root], at: now))
        #expect(try Self.verify(leaf, roots: [middle], at: now), "an issuing authority may be the anchor")
    }

    private static let soundRoot = [
        "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash",
    ]
    private static let soundLeaf = ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"]

    /// What a lenient reader would take: each but the first has one fault.
    @Test(
        arguments: [
            (soundRoot, soundLeaf, true),
            (soundRoot, ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=none"], false),
            (soundRoot, soundLeaf + ["2.5.29.99=critical,DER:0500"], false),
            (["basicConstraints=CA:TRUE"] + soundRoot.dropFirst(), soundLeaf, false),
            (["basicConstraints=critical,CA:FALSE"] + soundRoot.dropFirst(), soundLeaf, false),
            ([soundRoot[0], "keyUsage=critical,cRLSign", soundRoot[2]], soundLeaf, false),
        ] as [([String], [String], Bool)])
    func fault_IsRefusedInStrictness(authority: [String], leaf: [String], isTrusted: Bool) throws {
        let folder = try WorkFolder()
        let root = try OpenSSL.makeCertificate(
            folder, "root", key: try OpenSSL.makeKey("EC", "ec_paramgen_curve:P-256"), subject: "/CN=Root",
            extensions: authority)
        let certificate = try OpenSSL.makeCertificate(
            folder, "leaf", key: try OpenSSL.makeKey("ED25519"), subject: "/CN=Leaf", extensions: leaf, issuer: "root")
        #expect(try Self.verify(certificate, roots: [root], at: root.notBefore + 60) == isTrusted)
    }
}
