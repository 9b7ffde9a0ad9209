import Encoding
import PKI

/// PEM and DER from outside: certificates and public keys. None may trap or leak, and what is read must be readable
/// again.
@_cdecl("LLVMFuzzerTestOneInput")
func readArmourAndDER(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    checkDER(bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    if let blocks = try? PEM.decode(text) {
        for block in blocks {
            let again = try? PEM.decode(PEM.encode(label: block.label, block.bytes))
            precondition(again?.first?.bytes == block.bytes, "a block that changes when it is written")
            checkDER(block.bytes)
        }
    }
    if let key = try? PublicKey(pem: text) {
        precondition((try? PublicKey(pem: key.pem())) == key, "a key that changes when it is written")
    }
    _ = try? Certificate.all(inPEM: text)
    return 0
}

private func checkDER(_ der: [UInt8]) {
    if let certificate = try? Certificate(der: der) {
        precondition((try? Certificate(pem: certificate.pem)) == certificate, "a certificate that changes")
        _ = certificate.isSigned(by: certificate)
    }
    if let key = try? PublicKey(spki: der) {
        precondition(key.spki == der, "a key that changes")
        _ = key.verify([0x30, 0x00], of: [])
    }
}
