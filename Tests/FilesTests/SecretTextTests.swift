internal import BaseTestSupport
import Files
import Testing

/// Secrets as editors, `echo` and Windows leave them in a file.
@Suite struct SecretTextTests {
    @Test(arguments: [
        ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("secret\r", "secret"),
        ("\u{FEFF}secret\r\n", "secret"), ("secret\n\n", "secret\n"), ("\nsecret", "\nsecret"),
        (" sec ret ", " sec ret "), ("", ""), ("\n", ""), ("\r\n", ""), ("\u{FEFF}", ""), ("schlüssel\n", "schlüssel"),
    ])
    func line_LosesMarkAndOneLineEnd_AndNothingElse(text: String, secret: String) throws {
        #expect(SecretText.line(of: Array(text.utf8)) == Array(secret.utf8))
        let folder = try WorkFolder()
        let file = try folder.put("secret", text.utf8)
        #expect(try SecureFile.secret(file) == Array(secret.utf8))
    }

    @Test(arguments: [[0xFF, 0xFE, 0x61, 0], [0xFE, 0xFF, 0, 0x61], [0xFF, 0xFE]] as [[UInt8]])
    func utf16_IsRefused_WithWhatToDo(bytes: [UInt8]) throws {
        #expect(SecretText.line(of: bytes) == nil)
        let folder = try WorkFolder()
        let file = try folder.put("secret", bytes)
        let error = #expect(throws: FileError.self) { try SecureFile.secret(file) }
        #expect(error?.description == "can't read \(file): it is UTF-16; save it as UTF-8")
        #expect(error?.number == 0)
    }

    @Test func bytesThatAreNoText_AreTakenAsTheyAre() {
        #expect(SecretText.line(of: [0x80, 0xFF, 0, 0x0A]) == [0x80, 0xFF, 0])
    }
}
