import Encoding
import PKI
import Wire

/// What strangers send for a token: nothing may trap, and an identity has one canonical form, whatever its spelling.
/// Two spellings with two forms would be two devices; two devices with one form would share their rights.
@_cdecl("LLVMFuzzerTestOneInput")
func readRequest(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    check(body)
    guard let request = try? DeviceAuthentication(parsing: body) else { return 0 }
    check(Array(request.identity.utf8))
    precondition(["standard", "micro", "system"].contains(request.tier), "a tier nobody knows")
    guard let key = try? PublicKey(pem: request.publicKey) else { return 0 }
    let pem = key.pem()
    precondition((try? PublicKey(pem: pem)) == key, "a key that changes when it is written")
    precondition(!key.verify(Array(body.prefix(64)), of: body), "a signature that nobody made")
    return 0
}

/// The canonical form of an identity is canonical itself, short enough to be kept, and holds nothing a log would obey.
private func check(_ identity: [UInt8]) {
    guard let canonical = try? DeviceAuthentication.canonicalIdentity(identity) else { return }
    let bytes = Array(canonical.utf8)
    precondition(bytes.allSatisfy { $0 >= 0x20 }, "a control character")
    // Escapes may make it longer than what is taken from the network.
    guard bytes.count <= DeviceAuthentication.identityLimit else { return }
    precondition((try? DeviceAuthentication.canonicalIdentity(bytes)) == canonical, "an identity with two forms")
}
