import Encoding
import PKI
import Wire

/// Messages of a pairing, read by hub and device, and the bytes in them: shares, salts, proofs.
@_cdecl("LLVMFuzzerTestOneInput")
func readPairing(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    if let request = try? PairingRequest(parsing: bytes) {
        precondition((try? PairingRequest(parsing: request.encoded())) == request, "a request that changes")
        if case .share(_, let share) = request { answer(Base64URL.decode(share) ?? []) }
    }
    if let offer = try? PairingOffer(parsing: bytes) {
        precondition((try? PairingOffer(parsing: offer.encoded())) == offer, "an offer that changes")
    }
    if let proof = try? PairingProof(parsing: bytes) {
        precondition((try? PairingProof(parsing: proof.encoded())) == proof, "a proof that changes")
        let parties = SPAKE2Plus.Parties(context: [], prover: "d", verifier: "h")
        let keys = try? prover.finish(
            parties, shareV: Base64URL.decode(proof.shareV) ?? [], confirmV: Base64URL.decode(proof.confirmV) ?? [])
        precondition(keys == nil, "a proof of somebody who knows nothing")
    }
    answer(bytes)
    return 0
}

/// A share is refused, or answered with a point of the curve.
private func answer(_ share: [UInt8]) {
    let verifier = try? SPAKE2Plus.Verifier(
        w0: secrets.w0, l: point, parties: .init(context: [], prover: "d", verifier: "h"), shareP: share)
    precondition(verifier == nil || verifier?.shareV.count == 65, "a share answered with something else")
}

private let secrets = PairingSecrets(
    w0: SecretBytes([UInt8](repeating: 3, count: 32)), w1: SecretBytes([UInt8](repeating: 5, count: 32)))
private let point = (try? secrets.l()) ?? []
private let prover: SPAKE2Plus.Prover = {
    do {
        return try SPAKE2Plus.Prover(secrets)
    } catch {
        preconditionFailure("no prover: \(error)")
    }
}()
