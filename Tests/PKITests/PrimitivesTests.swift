internal import Encoding
import PKI
import Testing

@Suite struct PrimitivesTests {
    @Test(arguments: [[], [3], [1, 2], [1, 1, 1], [0, 3, 0]]) func sha256InParts_IsThatOfTheWhole(_ parts: [Int]) {
        var rest = Array("abc".utf8)[...]
        let stream = SHA256Stream()
        for part in parts {
            stream.update(rest.prefix(part))
            rest = rest.dropFirst(part)
        }
        #expect(stream.finish() == SHA256.hash(Array("abc".utf8.prefix(parts.reduce(0, +)))))
    }

    @Test func rawSignature_IsTheSameTwoNumbersAsInDER() throws {
        let key = try PrivateKey.makeP256()
        let message = Array("message".utf8)
        // One number in 256 begins with a zero byte, every second with a bit that DER must not take for a sign.
        for _ in 0..<600 {
            let signature = try key.signRaw(message)
            #expect(signature.count == 64)
            #expect(key.publicKey.verifyRaw(signature, of: message))
        }
        let signature = try key.signRaw(message)
        #expect(!key.publicKey.verifyRaw(signature, of: message + [0]))
        #expect(!key.publicKey.verifyRaw(signature + [0], of: message))
        #expect(!key.publicKey.verifyRaw(Array(signature.dropFirst()), of: message))
        #expect(!key.publicKey.verifyRaw([UInt8](repeating: 0, count: 64), of: message))
        #expect(!key.publicKey.verifyRaw([UInt8](repeating: 0xFF, count: 64), of: message))
        #expect(!key.publicKey.verifyRaw(try key.sign(message), of: message), "DER is another form")
    }

    @Test func sealedValue_OpensOnlyWithItsKeyContextAndBits() throws {
        let key = SealingKey.random()
        let sealed = key.seal(Array("secret".utf8), context: Array("d1".utf8))
        #expect(try key.open(sealed, context: Array("d1".utf8)) == Array("secret".utf8))
        #expect(try key.open(key.seal([], context: []), context: []) == [])
        #expect(throws: PKIError.self) { try key.open(sealed, context: Array("d2".utf8)) }
        #expect(throws: PKIError.self) { try SealingKey.random().open(sealed, context: Array("d1".utf8)) }
        #expect(throws: PKIError.self) { try key.derive("x").open(sealed, context: Array("d1".utf8)) }
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: PKIError.self) { try key.open(altered, context: Array("d1".utf8)) }
            #expect(throws: PKIError.self) { try key.open(Array(sealed.prefix(index)), context: Array("d1".utf8)) }
        }
        #expect(key.seal([1], context: []) != key.seal([1], context: []))
    }

    @Test func sealing_FromManyTasks() async throws {
        let key = SealingKey.random()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let text = Array("value \(number)".utf8)
                    return (try? key.open(key.seal(text, context: text), context: text)) == text
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func keysSignAndVerify() throws {
        let key = try PrivateKey.makeP256()
        let signature = try key.sign(Array("message".utf8))
        #expect(key.publicKey.verify(signature, of: Array("message".utf8)))
        #expect(!key.publicKey.verify(signature, of: Array("messagf".utf8)))
        #expect(!key.publicKey.verify([], of: Array("message".utf8)))
        let again = try PrivateKey(pem: try key.pem(), passphrase: nil)
        #expect(again.publicKey == key.publicKey)
        #expect(try PublicKey(pem: key.publicKey.pem()) == key.publicKey)
    }

    @Test func serials_Are127RandomBits() {
        let serials = Set((0..<1000).map { _ in Serial.random() })
        #expect(serials.count == 1000)
        #expect(serials.allSatisfy { $0.bytes.count <= 16 && ($0.bytes.count < 16 || $0.bytes[0] < 0x80) })
        #expect(Serial(hex: "00") == nil && Serial(hex: "") == nil && Serial(hex: "xyz") == nil)
        #expect(Serial(hex: String(repeating: "ff", count: 21)) == nil)
    }
}
