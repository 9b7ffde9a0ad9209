import Testing

@testable import Wire

/// Programs of the vendor read these claims: each byte is interface (docs/protocols/mender.md 4, 12.1).
@Suite struct TokenClaimsTests {
    @Test func device_SaysWhatTheProtocolSays() {
        let claims = DeviceTokenClaims(key: "k", device: "d", issuedAt: 7, endsAt: 604_807, nonce: [0, 255])
        let text = #"{"jti":"k","sub":"d","iss":"Mender","exp":604807,"iat":7,"nonce":"00ff","mender.device":true,"#
        #expect(
            String(decoding: claims.encoded(), as: UTF8.self)
                == text + #""mender.plan":"enterprise","mender.trial":false}"#)
    }

    @Test func person_MayHaveAnEnd() {
        let ending = UserTokenClaims(id: "t", user: "u", issuedAt: 7, endsAt: 9)
        #expect(
            String(decoding: ending.encoded(), as: UTF8.self)
                == #"{"jti":"t","sub":"u","exp":9,"iat":7,"mender.user":true,"iss":"mender.useradm","scp":"mender.*"}"#)
        let lasting = UserTokenClaims(id: "t", user: "u", issuedAt: 7, endsAt: nil)
        #expect(!String(decoding: lasting.encoded(), as: UTF8.self).contains("exp"))
    }
}
