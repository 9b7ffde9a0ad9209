import Encoding
import Wire

/// The headers of a shared secret, each on a line of its own, in the order algorithm, key, time, signature; a line more
/// is a second signature. Claims that were read are the same when they are written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
func readSharedSecret(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    look(at: try? SharedSecretClaims(parsing: bytes))
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    let names = [
        SharedSecretHeaders.Name.algorithm, SharedSecretHeaders.Name.key, SharedSecretHeaders.Name.time,
        SharedSecretHeaders.Name.signature,
    ]
    let headers = try? SharedSecretHeaders { name in
        guard let place = names.firstIndex(of: name), place < lines.count else { return [] }
        return place == names.count - 1 ? Array(lines[place...]) : [lines[place]]
    }
    guard let headers else { return 0 }
    precondition(SharedSecretDerivation.iterationBounds.contains(headers.derivation.iterations), "unbounded work")
    precondition(SharedSecretDerivation.keyLengthBounds.contains(headers.derivation.keyLength), "unbounded key")
    precondition(headers.salt.count < 512 && headers.salt.filter { $0 == 0x0A }.count == 5, "a value with a line end")
    precondition(headers.token.mac.count == 32, "not an HMAC-SHA256")
    look(at: try? headers.token.claims())
    return 0
}

private func look(at claims: SharedSecretClaims?) {
    guard let claims else { return }
    precondition((1...SharedSecretClaims.identifierLimit).contains(claims.identifier.utf8.count), "unbounded name")
    precondition(claims.signedAt >= 0 && claims.maxAge >= 0, "a negative number")
    precondition((try? SharedSecretClaims(parsing: claims.encoded())) == claims, "other claims once written")
}
