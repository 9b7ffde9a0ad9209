internal import BaseTestSupport

@testable import PKI

/// The openssl program as a judge that shares no line with the code under test.
enum OpenSSL {
    /// What it wrote to both outputs.
    static func text(_ arguments: [String], input: [UInt8] = []) throws -> String {
        let output = try ExternalProgram.run("/usr/bin/openssl", arguments, input: input, keepsErrors: true)
        return String(decoding: output, as: UTF8.self)
    }

    static func bytes(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        try ExternalProgram.run("/usr/bin/openssl", arguments, input: input)
    }

    /// A certificate in its words.
    static func describe(_ certificate: Certificate, _ options: String...) throws -> String {
        try text(["x509", "-inform", "DER", "-noout"] + options, input: certificate.der)
    }

    /// Elements of DER, one a line; it stops where it finds none.
    static func elements(_ der: [UInt8]) throws -> [String] {
        try text(["asn1parse", "-inform", "DER"], input: der).split(separator: "\n").map(String.init)
    }

    /// A private key of a kind that the product does not make, as PEM.
    static func makeKey(_ algorithm: String, _ option: String? = nil) throws -> String {
        let more = option.map { ["-pkeyopt", $0] } ?? []
        return String(decoding: try bytes(["genpkey", "-algorithm", algorithm] + more), as: UTF8.self)
    }

    /// A self-signed certificate or, with an issuer, one of its.
    ///
    /// - Parameter extensions: lines as its configuration has them.
    static func makeCertificate(
        _ folder: WorkFolder, _ name: String, key: String, subject: String, extensions: [String],
        issuer: String? = nil, days: Int = 365, more: [String] = []
    ) throws -> Certificate {
        let keyFile = try folder.put("\(name).key", key.utf8)
        let settings = try folder.put("\(name).cnf", (["[x]"] + extensions).joined(separator: "\n").utf8)
        let request = try bytes(["req", "-new", "-utf8", "-key", keyFile, "-subj", subject] + more)
        let signer =
            issuer.map { ["-CA", "\(folder.path)/\($0).pem", "-CAkey", "\(folder.path)/\($0).key"] }
            ?? ["-signkey", keyFile]
        let pem = try bytes(
            ["x509", "-req", "-days", "\(days)", "-extfile", settings, "-extensions", "x"] + signer, input: request)
        try folder.put("\(name).pem", pem)
        return try Certificate(pem: String(decoding: pem, as: UTF8.self))
    }
}
