internal import Encoding
import PKI
import Testing

/// PBKDF2 with published values, and the key of the shared secrets of docs/protocols/device-link.md 3.1.
@Suite struct PBKDF2Tests {
    /// RFC 7914 section 11.
    @Test func publishedValues_AreDerived() {
        let short = PBKDF2.derive(
            Array("passwd".utf8), salt: Array("salt".utf8), iterations: 1, length: 64, digest: .sha256)
        #expect(
            Hex.encode(short)
                == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")
        let long = PBKDF2.derive(
            Array("Password".utf8), salt: Array("NaCl".utf8), iterations: 80_000, length: 64, digest: .sha256)
        #expect(
            Hex.encode(long)
                == "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
                + "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d")
    }

    @Test func sharedSecretOfTheSpecification_GivesItsKey() {
        let salt = """
            NH1:device-socket:shared-secret:connect

            x-nh-alg=NH1-HMAC-sha256-1000-32
            x-nh-key=nhp_zM9sVtXoNWqCzNWmP6LkVh0qVgAkQm7fTQF1eX2aBcD
            x-nh-time=1700000000

            """
        let key = PBKDF2.derive(
            Array("3vYqk2x9Qd8hJm5TnRz7Lw1CfUgBsEoPaIiXyKtVbN0".utf8), salt: Array(salt.utf8), iterations: 1000,
            length: 32, digest: .sha256)
        #expect(Hex.encode(key) == "1ce0e3afb354a01035d5c13919042254434a08863fee7eaa9839a465034fd13a")
        let head = "SFMyNTY.g2gDbQAAAAhzaW0tMDAwMW4GAABo5c-LAWIAAVGA"
        #expect(
            Base64URL.encode(HMACSHA256.authenticate(Array(head.utf8), key: key))
                == "2_QHMMVfVep-TBcd-jr_DNn5h6r8OGW4eM4GgrYeCQ4")
    }

    @Test func emptyPassword_IsAPassword() {
        let keys = PBKDF2.Digest.allCases.map { digest in
            PBKDF2.derive([], salt: [1], iterations: 1, length: 16, digest: digest)
        }
        #expect(Set(keys).count == 3 && keys.allSatisfy { $0.count == 16 })
        #expect(
            keys[0] != PBKDF2.derive([1], salt: [1], iterations: 1, length: 16, digest: .sha256))
    }
}
