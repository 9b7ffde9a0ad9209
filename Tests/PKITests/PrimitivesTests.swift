internal import Encoding
import PKI
import Testing

@Suite struct PrimitivesTests {
    @Test func hmac_MatchesRFC4231() {
        let tag = HMACSHA256.authenticate(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(Hex.encode(tag) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let empty = HMACSHA256.authenticate([], key: [])
        #expect(Hex.encode(empty) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func sha256_MatchesFIPS180() {
        let digest = Hex.encode(SHA256.hash(Array("abc".utf8)))
        #expect(digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

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

    @Test func password_IsVerifiedByItsHash() {
        let stored = PasswordHash.make("correct horse")
        #expect(stored.hasPrefix("$scrypt$ln=15,r=8,p=1$"))
        #expect(PasswordHash.verify("correct horse", stored))
        #expect(!PasswordHash.verify("correct horsf", stored))
        for broken in ["", "$scrypt$", "$scrypt$ln=99,r=8,p=1$AA==$AA==", "$other$ln=15,r=8,p=1$AA==$AA=="] {
            #expect(!PasswordHash.verify("", broken))
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
