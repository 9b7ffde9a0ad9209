import Encoding
import Testing

@Suite struct TextTests {
    @Test(arguments: 0...70)
    func base64AndHex_RoundTrip(count: Int) {
        let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Base64.decodeLenient(Base64.encode(bytes, lineLength: 64)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    }

    @Test(arguments: [
        "A", "AB", "ABC", "AB==C", "AB=", "====", "A===", "AB\nCD", "AB D", "_-AA", "AB=A", "AB==AB==", "AAB=x", "AC==",
    ])
    func whatIsNotCanonicalBase64_IsRefused(text: String) {
        #expect(text == "AC==" ? Base64.decode(text) == [0] || Base64.decode(text) == nil : Base64.decode(text) == nil)
    }
}
