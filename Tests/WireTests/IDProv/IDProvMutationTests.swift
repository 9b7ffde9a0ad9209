import BaseTestSupport
import Testing

@testable import Wire

/// Thousands of damaged messages from a fixed seed: whatever is accepted means the same in both readings.
@Suite struct IDProvMutationTests {
    private static let pieces: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "\\u", "\\ud83d", "null", "1e9", "\"signature\":\"x\"",
            "signature", " ",
            "\u{2028}", "\u{0}",
        ].map { Array($0.utf8) } + [[0xFF], [0xE2, 0x80], [0xED, 0xA0, 0x80]]

    static func damaged(_ message: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = message
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, place + Int.random(in: 0...6, using: &generator))
            bytes.replaceSubrange(place..<end, with: pieces.randomElement(using: &generator) ?? [])
        }
        return bytes
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>) func acceptedRequest_MeansTheSameInBothReadings(_ seed: UInt64)
        throws
    {
        var generator = SeededGenerator(seed)
        let message =
            Array(#"{"deviceID":"d\u00e9-1","ip":"10.0.0.1","mac":"","x":[1,{"signature":"no"}],"#.utf8)
            + Array(#""publicKeyPEM":"p\n","signature":"abc="}"#.utf8)
        var accepted = 0
        for _ in 0..<4000 {
            let body = Self.damaged(message, &generator)
            guard var request = try? ProvisionRequest(parsing: body) else { continue }
            accepted += 1
            #expect(try ProvisionRequest(parsing: request.canonical(blankSignature: false)) == request)
            guard let raw = ProvisionRequest.blankingSignature(in: body) else {
                #expect(request.signature.isEmpty)
                continue
            }
            request.signature = ""
            #expect(try ProvisionRequest(parsing: raw) == request)
        }
        #expect(accepted > 100)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func damagedDirectoryAndTXT_NeverTrap(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let directory = Directory(caCert: "-----BEGIN CERTIFICATE-----\nAAAA\n", services: ["mqtts": "mqtts://h"])
            .encoded()
        for _ in 0..<2000 {
            let body = Self.damaged(directory, &generator)
            if let document = try? Directory(parsing: body) {
                _ = try? document.resolved(fetchedFrom: "https://10.0.0.1:43776/idprov/directory", pinned: false)
            }
            let text = String(decoding: Self.damaged(Array("path=/idprov/directory".utf8), &generator), as: UTF8.self)
            if let path = try? TXTRecord.directoryPath([text]) {
                #expect(path.utf8.first == UInt8(ascii: "/") && path.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            }
        }
    }
}
