import Encoding

/// Base64 for URLs: of all texts that could mean some bytes, one does.
@_cdecl("LLVMFuzzerTestOneInput")
func readBase64URL(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let text = String(decoding: bytes, as: UTF8.self)
    if let decoded = Base64URL.decode(text) {
        precondition(Base64URL.encode(decoded).utf8.elementsEqual(text.utf8), "a second text for the same bytes")
    }
    let encoded = Base64URL.encode(bytes)
    precondition(Base64URL.decode(encoded) == bytes, "bytes that change")
    precondition(Base64URL.decode(encoded + "=") == nil, "padding")
    return 0
}
