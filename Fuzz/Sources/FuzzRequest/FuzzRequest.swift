import Encoding
import PKI

/// Certificate requests of strangers (PKCS#10). None may trap or leak; what is accepted was signed by the key it holds,
/// and a bundle of what is made for it can be written.
@_cdecl("LLVMFuzzerTestOneInput")
func readRequest(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    if let request = try? CertificateRequest(der: bytes) {
        precondition((try? CertificateRequest(der: bytes)) == request, "a request that is read in two ways")
        precondition(request.publicKey.spki.count <= 2048, "a key longer than any that is used")
        precondition((try? CertificateRequest(der: bytes + [0])) == nil, "bytes behind the end")
    }
    if let name = try? SubjectName(reading: bytes[...]) {
        precondition(name == name, "a name that differs from itself")
    }
    // The bundle's only inputs are certificates: what reads as one must come out as it went in.
    if let certificate = try? Certificate(der: bytes) {
        let bundle = CertificateBundle.encode([certificate])
        precondition(bundle.count > certificate.der.count, "a bundle without its certificate")
    }
    return 0
}
