import SecretFolder
import Testing

@Suite struct SecretRedactionTests {
    private static func redact(_ text: String, chunk: Int = .max) -> (text: String, hadSecret: Bool) {
        var redaction = SecretRedaction()
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = chunk == .max ? bytes.count : min(start + chunk, bytes.count)
            output += redaction.feed(Array(bytes[start..<end]))
            start = end
        }
        output += redaction.finish()
        return (String(decoding: output, as: UTF8.self), redaction.hasFoundSecret)
    }

    static let cases: [(before: String, after: String)] = [
        ("deviceID,secret\nd1,s1\nd2,\"s,2\"\n", "deviceID,secret\nd1,\nd2,\n"),
        ("\u{FEFF}note,secret,deviceID\r\n\"a \"\"q\"\", b\",s1,d1", "note,secret,deviceID\n\"a \"\"q\"\", b\",,d1\n"),
        (
            "deviceID,salt,iterations,w0,L,tags\nd1,aa,1000,bb,cc,k=v\n",
            "deviceID,salt,iterations,w0,L,tags\nd1,aa,1000,,,k=v\n"
        ),
        ("deviceID,secret,note\nd1,s1\n", "deviceID,secret,note\nd1,,\n"),
        ("secret,deviceID,note,tags\ns1,d1,hall\n", "secret,deviceID,note,tags\n,d1,hall,\n"),
        ("deviceID,secret,x\nd1,,s1\n", "deviceID,secret,x\nd1,,\n"),
        // What does not fit the header may be a secret in any field.
        ("deviceID,note,secret\nd1,s1\nd2,x,s2,s3\n", "deviceID,note,secret\nd1,,\nd2,,\n"),
        ("deviceID,secret\nd1,\"s1\nd2,s2\n", "deviceID,secret\n,\n"),
        ("deviceID,secret\nd1,s\"1\nd2,s2\n", "deviceID,secret\n,\nd2,\n"),
        ("deviceID,secret,note\nsh1,,PLAINTEXT\n\"d,2\",s2,hall\n", "deviceID,secret,note\nsh1,,\n\"d,2\",,hall\n"),
        ("deviceID,secret,deviceType\nd1,,s1\nd2,s2,\n", "deviceID,secret,deviceType\nd1,,\nd2,,\n"),
        (
            "deviceID,secret,validUntil\nd1,2027-01-31,s1\nd2,s2,2027-01-31\n",
            "deviceID,secret,validUntil\nd1,,\nd2,,2027-01-31\n"
        ),
        ("deviceID,ou,pairing,secret\nd1,s1,any,client\n", "deviceID,ou,pairing,secret\nd1,,,\n"),
        ("deviceID,secret,note\nd/1,s1,hall\n", "deviceID,secret,note\n,,hall\n"),
        ("deviceID,salt,iterations,w0,L\nd1,s1,,bb,\n", "deviceID,salt,iterations,w0,L\nd1,,,,\n"),
        (
            "note,deviceID,secret\nd1,KQ2V5XN7ZBYT4GHM3RWCLD6PJA\n,lamp-of-the-north-eastern-hall,s1\n",
            "note,deviceID,secret\n,,\n,lamp-of-the-north-eastern-hall,\n"
        ),
        ("name,password\nd1,s1\n", ""), ("PK\u{3}\u{4}s1", ""), ("s1", ""),
    ]

    @Test(arguments: 0..<cases.count, [Int.max, 1, 3]) func secretsGo_AndTheRestStays(number: Int, chunk: Int) {
        let (before, after) = Self.cases[number]
        let once = Self.redact(before, chunk: chunk)
        #expect(once.text == after && once.hadSecret)
        let again = Self.redact(once.text, chunk: chunk)
        #expect(!again.hadSecret, "a second time there is nothing to do")
    }

    @Test(arguments: ["", "deviceID,secret\n", "deviceID,secret\nd1,\n", "\n\n"])
    func fileWithoutSecrets_HasNothingToTakeOut(text: String) {
        #expect(!Self.redact(text).hadSecret)
    }
}
