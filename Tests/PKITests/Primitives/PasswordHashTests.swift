internal import Encoding
import Testing

@testable import PKI

/// scrypt (RFC 7914), and the form in which hashes of passwords are kept.
@Suite struct PasswordHashTests {
    private static let salt = Array("0123456789abcdef".utf8)

    @Test func scrypt_MatchesRFC7914() {
        let key = Scrypt.derive("pleaseletmein", salt: Array("SodiumChloride".utf8), costExponent: 14)
        #expect(Hex.encode(key) == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
        let sealing = Scrypt.key("pleaseletmein", salt: Array("SodiumChloride".utf8), costExponent: 14)
        #expect(sealing.bytes == key)
    }

    /// Hashes made by another program, with fewer blocks than ours and other letters than ASCII.
    @Test(arguments: [
        (
            "correct horse",
            "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$6g3umF+uVrJsObaTZhIbbTlgrvOEFcCItdwSjtPF67M="
        ),
        (
            "correct horse",
            "$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$0LupyHkzAIgDr9UDsriAAf87vMbCbcaUfDvFOAHk0D0="
        ),
        ("Grüße", "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$xyXgNo/Do/4merT9VTPKRRN0uTYZODN7zzdTUDpTSaM="),
    ])
    func storedHash_IsVerified(password: String, stored: String) {
        #expect(PasswordHash.verify(password, stored))
        for wrong in ["", password + " ", password.uppercased(), String(password.dropLast())] {
            #expect(!PasswordHash.verify(wrong, stored), "\(wrong)")
        }
        let cost = stored.contains("ln=10") ? "ln=10" : "ln=14"
        #expect(!PasswordHash.verify(password, stored.replacing(cost, with: "ln=11")), "another cost, another hash")
    }

    @Test func freshHash_HasASaltOfItsOwn_AndFitsItsPasswordOnly() throws {
        let (one, other) = (PasswordHash.make("correct horse"), PasswordHash.make("correct horse"))
        #expect(one != other)
        for stored in [one, other] {
            let parts = stored.split(separator: "$")
            #expect(parts.count == 4 && parts[0] == "scrypt" && parts[1] == "ln=15,r=8,p=1")
            #expect(Base64.decode(String(parts[2]))?.count == 16 && Base64.decode(String(parts[3]))?.count == 32)
        }
        #expect(PasswordHash.verify("correct horse", one) && PasswordHash.verify("correct horse", other))
        #expect(!PasswordHash.verify("correct horsf", one))
    }

    /// What can't be read fits nobody; costs outside 2^10 to 2^20 are never spent.
    @Test(arguments: [
        "", "$", "$$$$", "$scrypt$", "scrypt$ln=10,r=8,p=1$AA==$AA==", "$scrypt$ln=9,r=8,p=1$AA==$AA==",
        "$scrypt$ln=21,r=8,p=1$AA==$AA==", "$scrypt$ln=99999999999999999999,r=8,p=1$AA==$AA==",
        "$scrypt$ln=-1,r=8,p=1$AA==$AA==", "$scrypt$ln=,r=8,p=1$AA==$AA==", "$scrypt$ln=10,r=1,p=1$AA==$AA==",
        "$scrypt$ln=10,r=8,p=2$AA==$AA==", "$scrypt$ln=10$AA==$AA==", "$scrypt$r=8,p=1$AA==$AA==",
        "$other$ln=10,r=8,p=1$AA==$AA==", "$scrypt$ln=10,r=8,p=1$AA$AA==", "$scrypt$ln=10,r=8,p=1$AA==$A",
        "$scrypt$ln=10,r=8,p=1$AA==$", "$scrypt$ln=10,r=8,p=1$AA==$AA==", "$scrypt$ln=10,r=8,p=1$AA==$AA==$AA==",
        "$scrypt$ln=10,r=8,p=1$$",
    ])
    func brokenForm_FitsNobody(stored: String) {
        #expect(!PasswordHash.verify("", stored) && !PasswordHash.verify("AA==", stored))
    }

    @Test func decoy_HasTheFormOfARealOne_AndFitsNobody() {
        let real = PasswordHash.make("x")
        #expect(PasswordHash.decoy.utf8.count == real.utf8.count)
        #expect(PasswordHash.decoy.split(separator: "$").prefix(2) == real.split(separator: "$").prefix(2))
        #expect(!PasswordHash.verify("", PasswordHash.decoy))
    }
}
