import Encoding
import PKI

/// Requests to the OCSP responder. None may trap or leak, and whatever is read can be answered.
@_cdecl("LLVMFuzzerTestOneInput")
func readOCSPRequest(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard let request = try? OCSPRequest(der: bytes) else { return 0 }
    precondition((1...OCSPRequest.certificateLimit).contains(request.certificates.count), "a limit that does not hold")
    precondition((request.nonce?.count ?? 0) <= 131, "a nonce longer than is echoed")
    let statuses = request.certificates.map { ($0, OCSPStatus.revoked(at: 1, reason: .keyCompromise)) }
    let answer = try? signer.answer(statuses, nonce: request.nonce, now: 60, thisUpdate: 0, nextUpdate: 3600)
    precondition(answer?.first == 0x30, "a request that can't be answered")
    return 0
}

private let signer: OCSPSigner = {
    do {
        let key = try PrivateKey.makeP256()
        let authority = try CertificateSigner.makeAuthority(
            commonName: "CA", organization: "Fuzz", key: key, serial: .random(), notBefore: 0, notAfter: 4_000_000_000)
        return try OCSPSigner(certificate: authority, key: key, authority: authority)
    } catch {
        preconditionFailure("no signer: \(error)")
    }
}()
