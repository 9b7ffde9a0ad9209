import BaseTestSupport

/// Keys that the product does not make, by the openssl program.
enum OpenSSLKey {
    private static let program = "/usr/bin/openssl"

    /// A private key, PKCS#8 in PEM.
    static func pem(_ algorithm: String, _ option: String? = nil) throws -> String {
        let more = option.map { ["-pkeyopt", $0] } ?? []
        return text(try ExternalProgram.run(program, ["genpkey", "-algorithm", algorithm] + more))
    }

    /// Its public half; `form` is how the point of a curve is written.
    static func publicPEM(_ pem: String, form: String? = nil) throws -> String {
        let kind = form.map { ["ec", "-pubout", "-conv_form", $0] } ?? ["pkey", "-pubout"]
        return text(try ExternalProgram.run(program, kind, input: Array(pem.utf8)))
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
