internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Text armour (RFC 7468) as programs and people leave it.
@Suite struct PEMTests {
    private static let block = "-----BEGIN THING-----\nAAEC\n-----END THING-----\n"
    private static let decoded = [PEMBlock(label: "THING", bytes: [0, 1, 2])]

    @Test(arguments: [0, 1, 2, 3, 47, 48, 49, 96, 1000]) func encoded_HasLinesOf64_AndIsReadBack(count: Int) throws {
        var random = SeededGenerator(UInt64(count))
        let bytes = random.bytes(count)
        let text = PEM.encode(label: "THING", bytes)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.first == "-----BEGIN THING-----" && lines.last == "" && lines.dropLast().last == "-----END THING-----"
        )
        #expect(lines.dropFirst().dropLast(3).allSatisfy { $0.utf8.count == 64 })
        #expect(try PEM.decode(text) == [PEMBlock(label: "THING", bytes: bytes)])
    }

    @Test(arguments: [
        block, "-----BEGIN THING-----\r\nAAEC\r\n-----END THING-----\r\n",
        "-----BEGIN THING-----\nA\nA\nE\nC\n-----END THING-----",
        "-----BEGIN THING-----  \nAAEC \n-----END THING-----\t\n",
        "-----BEGIN THING-----\n\n\nAAEC\n\n-----END THING-----",
        "subject=CN=x\nissuer=CN=y\n" + block + "\nbehind it\n", "-----BEGIN THING-----\rAAEC\r-----END THING-----\r",
        "\u{FEFF}\n" + block, "-----BEGIN-----\n" + block, " -----BEGIN OTHER-----\n" + block,
    ])
    func whatIsAroundAndBetweenLines_IsPassedOver(text: String) throws {
        #expect(try PEM.decode(text) == Self.decoded)
    }

    @Test(arguments: [
        "-----BEGIN THING-----", "-----BEGIN THING-----\nAAEC\n", "-----BEGIN THING-----\nAAEC\n-----END OTHER-----\n",
        "-----BEGIN THING-----\nAAEC\n-----END THING----\n", "-----BEGIN THING-----\nAAE\n-----END THING-----\n",
        "-----BEGIN THING-----\nAA=C\n-----END THING-----\n", "-----BEGIN THING-----\nAA!C\n-----END THING-----\n",
        "-----BEGIN THING-----\n-----BEGIN THING-----\nAAEC\n-----END THING-----\n",
        "-----BEGIN THING-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END THING-----\n",
        "-----BEGIN THING-----\nAAEC\n-----END THING----- x\n", "-----BEGIN THING-----\nA AEC\n-----END THING-----\n",
    ])
    func brokenBlock_IsRefused(text: String) {
        #expect(throws: PKIError(.readPEM)) { try PEM.decode(text) }
    }

    @Test func textWithoutBlocks_HasNone() throws {
        #expect(try PEM.decode("").isEmpty && PEM.decode("text\n-----END THING-----\n").isEmpty)
        #expect(try PEM.decode("-----BEGIN THING-----\n-----END THING-----\n") == [PEMBlock(label: "THING", bytes: [])])
    }

    @Test func numberOfBlocks_IsLimited() throws {
        let most = String(repeating: Self.block, count: PEM.blockLimit)
        #expect(try PEM.decode(most).count == PEM.blockLimit)
        #expect(throws: PKIError(.readPEM)) { try PEM.decode(most + Self.block) }
        #expect(try PEM.decode(most + Self.block, limit: PEM.blockLimit + 1).count == PEM.blockLimit + 1)
        #expect(throws: PKIError(.readPEM)) { try PEM.decode(Self.block, limit: 0) }
    }

    @Test func length_IsLimited() throws {
        let filling = String(repeating: "x", count: PEM.textLimit - Self.block.utf8.count - 1) + "\n"
        #expect(try PEM.decode(filling + Self.block) == Self.decoded)
        #expect(throws: PKIError(.readPEM)) { try PEM.decode("x" + filling + Self.block) }
    }

    @Test func certificatesOfAFile_AreReadInOrder_KeysPassedOver() throws {
        let (one, other) = (try TestAuthority("One"), try TestAuthority("Other"))
        let file = one.certificate.pem + (try one.key.pem()) + other.certificate.pem
        #expect(try Certificate.all(inPEM: file) == [one.certificate, other.certificate])
        #expect(try Certificate(pem: try one.key.pem() + other.certificate.pem) == other.certificate)
        #expect(throws: PKIError(.readCertificate)) { try Certificate(pem: try one.key.pem()) }
        #expect(throws: PKIError(.readPublicKey)) { try PublicKey(pem: one.certificate.pem) }
        let broken = PEM.encode(label: "CERTIFICATE", Array(one.certificate.der.dropLast()))
        #expect(throws: PKIError(.readCertificate)) { try Certificate.all(inPEM: file + broken) }
    }
}
