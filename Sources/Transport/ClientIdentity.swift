internal import NIOCore
package import NIOSSL
package import PKI

/// Signs TLS handshakes for a certificate. The seam for keys that never leave their hardware.
package protocol TLSSigner: Sendable {
    var publicKey: PublicKey { get }
    /// Signs `message`, hashing it as the key's kind asks for: SHA-256 for P-256, SHA-384 for P-384, none for Ed25519.
    /// ECDSA signatures in DER. Called on an event loop: a slow key delays this one connection only.
    func signature(of message: [UInt8]) throws -> [UInt8]
}

extension PrivateKey: TLSSigner {
    /// Signs with the key itself.
    package func signature(of message: [UInt8]) throws -> [UInt8] {
        try sign(message)
    }
}

/// A certificate with its chain and the signer of its key.
package struct ClientIdentity: Sendable {
    /// Leaf first.
    package let chain: [Certificate]
    /// Holder of the leaf's private key.
    package let signer: any TLSSigner

    /// Makes an identity; `signer` must hold the key of the first certificate.
    package init(chain: [Certificate], signer: any TLSSigner) {
        self.chain = chain
        self.signer = signer
    }

    /// All kinds sign through the signer except RSA in software, whose padding only the TLS library knows.
    package func nioKey() throws -> NIOSSLPrivateKey {
        if case .rsa = signer.publicKey.kind, let key = signer as? PrivateKey {
            return try NIOSSLPrivateKey(bytes: Array(try key.pem().utf8), format: .pem)
        }
        return NIOSSLPrivateKey(customPrivateKey: SignerKey(signer: signer))
    }
}

/// Lets the TLS library sign through a ``TLSSigner``.
private struct SignerKey: NIOSSLCustomPrivateKey, Hashable {
    let signer: any TLSSigner

    var signatureAlgorithms: [SignatureAlgorithm] {
        switch signer.publicKey.kind {
        case .p256: [.ecdsaSecp256R1Sha256]
        case .p384: [.ecdsaSecp384R1Sha384]
        case .ed25519: [.ed25519]
        default: []
        }
    }

    func sign(channel: any Channel, algorithm: SignatureAlgorithm, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeCompletedFuture {
            ByteBuffer(bytes: try signer.signature(of: Array(data.readableBytesView)))
        }
    }

    func decrypt(channel: any Channel, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeFailedFuture(TransportError.tls(reason: "RSA key exchange is not offered"))
    }

    static func == (one: Self, other: Self) -> Bool {
        one.signer.publicKey == other.signer.publicKey
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(signer.publicKey.spki)
    }
}
