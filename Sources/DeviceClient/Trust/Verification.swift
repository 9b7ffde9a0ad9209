internal import Encoding
internal import PKI
internal import Wire

/// The rules by which an approval is believed. Pure: no network, no files.
struct Verification: Sendable {
    let deviceID: String
    let publicKey: PublicKey
    let hub: HubCandidate

    /// Whether an answer is signed with `key`, in either reading a device accepts (docs/protocols/idprov.md 7). The
    /// comparison takes constant time.
    static func isSigned(_ response: ProvisionResponse, body: [UInt8], key: [UInt8]) -> Bool {
        guard response.signature.utf8.count == 44, let signature = Base64.decode(response.signature) else {
            return false
        }
        let canonical = HMACSHA256.authenticate(response.canonical(blankSignature: true), key: key)
        if constantTimeEqual(canonical, signature) { return true }
        guard let raw = ProvisionResponse.blankingSignature(in: body) else { return false }
        return constantTimeEqual(HMACSHA256.authenticate(raw, key: key), signature)
    }

    /// A hub has four authorities at most; each may be below an offline root.
    private static let authorityLimit = 8

    /// The CA certificates in a PEM text: one at least, all of them CAs.
    func authority(_ pem: String?) throws(DeviceError) -> [Certificate] {
        guard let pem, let certificates = try? Certificate.all(inPEM: pem),
            (1...Self.authorityLimit).contains(certificates.count),
            certificates.allSatisfy(\.isAuthority)
        else { throw .hubFault(hub, reason: "no CA certificate") }
        return certificates
    }

    /// Checks that a server's chain comes from `authority`.
    func check(server chain: [Certificate], authority: [Certificate], time: TimeKeeper) throws(DeviceError) {
        guard let leaf = chain.first else { throw .fakeHub(hub, .foreignAuthority) }
        let store = TrustStore(roots: authority, intermediates: Array(chain.dropFirst()))
        do {
            try store.verify(leaf, purpose: .server, at: time.plausible(for: leaf))
        } catch {
            throw .fakeHub(hub, .foreignAuthority)
        }
    }

    /// Reads the issued certificate: for this ID, this key, from `authority`.
    func identity(_ pem: String, authority: [Certificate], time: TimeKeeper) throws(DeviceError) -> Identity {
        guard let chain = try? Certificate.all(inPEM: pem), let leaf = chain.first, chain.count <= 8 else {
            throw .hubFault(hub, reason: "no certificate in the approval")
        }
        guard leaf.publicKey == publicKey, leaf.notBefore < leaf.notAfter,
            leaf.subject.commonName.utf8.elementsEqual(deviceID.utf8)
        else { throw .fakeHub(hub, .wrongCertificate) }
        let store = TrustStore(roots: authority, intermediates: Array(chain.dropFirst()))
        do {
            try store.verify(leaf, purpose: .client, at: time.plausible(for: leaf))
        } catch {
            throw .fakeHub(hub, .wrongCertificate)
        }
        return Identity(leaf: leaf, chain: chain, authority: authority)
    }
}
