import Testing

@testable import PKI

/// What a token's refusal means: the operator is told what to do by the step.
@Suite struct TokenFailureTests {
    /// The words of PKCS#11's codes, as engine and providers hand them on, in whatever case.
    @Test(arguments: [
        (["PIN locked"], PKIError.Step.pinLocked), (["Login failed", "pin locked"], .pinLocked),
        (["PIN incorrect"], .wrongPIN), (["PIN invalid"], .wrongPIN), (["PIN length out of range"], .wrongPIN),
        (["unable to load module /x.so"], .tokenModule), (["invalid parameter"], .tokenModule),
        (["Object not found"], .tokenMissing), ([], .tokenMissing),
    ])
    func words_SayTheStep(reasons: [String], step: PKIError.Step) throws {
        let error = TokenFailure.judge(reasons, pin: try TokenPIN(Array("1234".utf8)))
        #expect(error.step == step)
        #expect(!error.reasons.isEmpty && !error.description.contains("1234"))
    }

    /// A locked PIN is also an incorrect one: trying again would be wrong.
    @Test func lockedPIN_CountsMoreThanAWrongOne() throws {
        let error = TokenFailure.judge(["PIN incorrect", "PIN locked"], pin: try TokenPIN(nil))
        #expect(error.step == .pinLocked)
    }

    @Test(arguments: [nil, "", "1234"] as [String?]) func unaskedPIN_IsKnownOrNot(pin: String?) throws {
        let answer = try TokenPIN(pin.map { Array($0.utf8) })
        #expect(answer.isKnown == (pin != nil) && !answer.wasAsked)
    }

    @Test func errors_AreEqualByTheirStep_AndSayTheirReasons() {
        #expect(PKIError(.sign, reason: "a") == PKIError(.sign, reason: "b") && PKIError(.sign) != PKIError(.open))
        #expect(PKIError(.sign, reasons: ["a", "b"]).description == "sign: a; b")
        #expect(PKIError(.sign, reasons: []).description == "sign")
    }

    /// OpenSSL's stack is emptied by the error that tells of it: the next one does not repeat it.
    @Test func reasonsOfOneFailure_AreNotThoseOfTheNext() throws {
        let first = #expect(throws: PKIError.self) { try Certificate(der: [0x30, 0x80, 0xFF]) }
        #expect(first?.step == .readCertificate && first?.reasons.isEmpty == false)
        let second = #expect(throws: PKIError.self) { try SealingKey([]) }
        #expect(second?.reasons == [])
    }
}
