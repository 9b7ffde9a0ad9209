import Foundation
import PKI
import Testing

/// Signing with a key in a token: SoftHSM's, which stands for any. The engine is one per process, hence one test after the other.
@Suite(
    .serialized, .enabled(if: SoftToken.isInstalled, "softhsm2, opensc and libengine-pkcs11-openssl are not installed"))
struct TokenKeyTests {
    static let now = Int64(Date.now.timeIntervalSince1970)

    static func authority(_ key: PrivateKey) throws -> (root: Certificate, signer: CertificateSigner) {
        let root = try CertificateSigner.makeAuthority(
            commonName: "Token CA", organization: "Test", key: key, serial: .random(), notBefore: now - 60,
            notAfter: now + 86_400)
        return (root, try CertificateSigner(issuer: root, key: key, organization: "Test"))
    }

    @Test(arguments: ["EC:prime256v1", "EC:secp384r1", "rsa:2048"])
    func everyKindOfKey_SignsCertificates(kind: String) throws {
        let token = try SoftToken(kind: kind)
        defer { token.remove() }
        let key = try token.key()
        let (root, signer) = try Self.authority(key)
        let profile = try #require(CertificateProfile.builtIn.first { $0.name == "iotdevice" })
        let fields = CertificateFields(
            commonName: "d1", publicKey: try PrivateKey.makeP256().publicKey, serial: .random(),
            notBefore: Self.now - 60, notAfter: Self.now + 3600)
        for certificate in [
            try signer.sign(fields, profile: profile), try signer.signWithOpenSSL(fields, profile: profile),
        ] {
            try TrustStore(roots: [root]).verify(certificate, purpose: .client, at: Self.now)
        }
        #expect(throws: PKIError.self) { try key.pem() }
    }

    @Test(.timeLimit(.minutes(2))) func manySignaturesFromManyThreads_AreAllRight() async throws {
        let token = try SoftToken(kind: "EC:prime256v1")
        defer { token.remove() }
        let key = try token.key()
        let (root, signer) = try Self.authority(key)
        let profile = try #require(CertificateProfile.builtIn.first { $0.name == "iotdevice" })
        let device = try PrivateKey.makeP256().publicKey
        let wrong = await withTaskGroup(of: Int.self) { group in
            for task in 0..<16 {
                group.addTask {
                    var wrong = 0
                    for number in 0..<250 {
                        let fields = CertificateFields(
                            commonName: "d\(task)-\(number)", publicKey: device, serial: .random(),
                            notBefore: Self.now - 60, notAfter: Self.now + 3600)
                        let message = Array("message \(task) \(number)".utf8)
                        guard let certificate = try? signer.sign(fields, profile: profile),
                            certificate.isSigned(by: root),
                            let signature = try? key.sign(message), key.publicKey.verify(signature, of: message)
                        else {
                            wrong += 1
                            continue
                        }
                    }
                    return wrong
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    /// Failures around the PIN need a fresh process each, the engine remembers a right one: Tests/Shell/pkcs11_test.sh has them.
    @Test func missingLibraryAndToken_AreToldApart() throws {
        let token = try SoftToken(kind: "EC:prime256v1")
        defer { token.remove() }
        func step(_ label: String, module: String) throws -> PKIError.Step? {
            let uri = try TokenURI("pkcs11:token=\(label);object=ca")
            return #expect(throws: PKIError.self) {
                try PrivateKey(token: uri, module: module, pin: Array(SoftToken.pin.utf8))
            }?.step
        }
        #expect(try step(token.label, module: "/none.so") == .tokenModule)
        #expect(try step("other", module: SoftToken.module) == .tokenMissing)
    }
}

/// A token of SoftHSM with one key pair "ca", in a folder of its own.
struct SoftToken {
    static let module = "/usr/lib/softhsm/libsofthsm2.so"
    static let pin = "4711-test"
    static let isInstalled =
        [module, "/usr/bin/softhsm2-util", "/usr/bin/pkcs11-tool"].allSatisfy(FileManager.default.fileExists(atPath:))
        && (try? FileManager.default.subpathsOfDirectory(atPath: "/usr/lib"))?.contains {
            $0.hasSuffix("engines-3/pkcs11.so")
        } == true

    let label = "test-\(UInt32.random(in: .min ... .max))"
    private let folder: String

    init(kind: String) throws {
        folder = NSTemporaryDirectory() + "softhsm-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/tokens", withIntermediateDirectories: true)
        let configuration = "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder + "/softhsm2.conf"))
        unsafe setenv("SOFTHSM2_CONF", folder + "/softhsm2.conf", 1)
        try run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", Self.pin)
        try run(
            "pkcs11-tool", "--module", Self.module, "--token-label", label, "--login", "--pin", Self.pin,
            "--keypairgen",
            "--key-type", kind, "--label", "ca", "--id", "01")
    }

    func key() throws -> PrivateKey {
        try PrivateKey(
            token: try TokenURI("pkcs11:token=\(label);object=ca"), module: Self.module, pin: Array(Self.pin.utf8))
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/" + program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) failed")
    }
}
