import Foundation
import PKI
import Testing

/// Signing with keys in a token: SoftHSM's, which stands for any. A process has one library, which finds its tokens
/// when it is opened: so all tests share one token.
@Suite(.enabled(if: SoftToken.isInstalled, "softhsm2, opensc and libengine-pkcs11-openssl are not installed"))
struct TokenKeyTests {
    static let token = Result { try SoftToken() }
    static let now = Int64(Date.now.timeIntervalSince1970)

    static func authority(_ key: PrivateKey) throws -> (root: Certificate, signer: CertificateSigner) {
        let root = try CertificateSigner.makeAuthority(
            commonName: "Token CA", organization: "Test", key: key, serial: .random(), notBefore: now - 60,
            notAfter: now + 86_400)
        return (root, try CertificateSigner(issuer: root, key: key, organization: "Test"))
    }

    @Test(arguments: SoftToken.kinds.map(\.object))
    func everyKindOfKey_SignsCertificates(object: String) throws {
        let key = try Self.token.get().key(object)
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
        let key = try Self.token.get().key("p256")
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

    /// Failures around library and PIN need a fresh process each: Tests/Shell/pkcs11_test.sh has them.
    @Test func whatIsNotThere_IsRefused() throws {
        let token = try Self.token.get()
        _ = try token.key("p256")
        #expect(throws: PKIError.self) { try token.key("none") }
        #expect(throws: PKIError.self) { try token.key("p256", label: "other") }
        #expect(throws: PKIError.self) { try token.key("none", module: "/none.so") }
        #expect(try token.key("p256").publicKey != token.key("p384").publicKey)
    }
}

/// A token of SoftHSM with a key pair of every kind, in a folder that lasts as long as the process.
struct SoftToken {
    static let kinds = [("p256", "EC:prime256v1"), ("p384", "EC:secp384r1"), ("rsa", "rsa:2048")].map {
        (object: $0.0, kind: $0.1)
    }
    static let library = "/usr/lib/softhsm/libsofthsm2.so"
    static let pin = "4711-test"
    static let isInstalled =
        [library, "/usr/bin/softhsm2-util", "/usr/bin/pkcs11-tool"].allSatisfy(FileManager.default.fileExists(atPath:))
        && (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib"))?.contains {
            FileManager.default.fileExists(atPath: "/usr/lib/\($0)/engines-3/pkcs11.so")
        } == true

    private static let folder = NSTemporaryDirectory() + "latchkey-token-" + UUID().uuidString

    private let label = "test"

    init() throws {
        let folder = Self.folder
        atexit { try? FileManager.default.removeItem(atPath: SoftToken.folder) }
        try FileManager.default.createDirectory(atPath: folder + "/tokens", withIntermediateDirectories: true)
        let configuration = "directories.tokendir = \(folder)/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder + "/softhsm2.conf"))
        unsafe setenv("SOFTHSM2_CONF", folder + "/softhsm2.conf", 1)
        try run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", Self.pin)
        for (number, key) in Self.kinds.enumerated() {
            try run(
                "pkcs11-tool", "--module", Self.library, "--token-label", label, "--login", "--pin", Self.pin,
                "--keypairgen", "--key-type", key.kind, "--label", key.object, "--id", "0\(number)")
        }
    }

    func key(_ object: String, label: String? = nil, module: String = library) throws -> PrivateKey {
        let uri = try TokenURI("pkcs11:token=\(label ?? self.label);object=\(object)")
        return try PrivateKey.inToken(uri, module: module, pin: Array(Self.pin.utf8))
    }

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
