import Rules
import Testing

@Suite struct SecretStrengthTests {
    @Test(arguments: [
        ("", true), ("a secret of 19 bytes", false), ("a secret of 18 byte", true), ("12345678901234567890", true),
        ("1234 5678-9012 3456-7890", true), ("1234567890123456789a", false), ("00:11:22:33:44:55", true),
        (String(repeating: "\u{E9}", count: 10), false), (String(repeating: "\u{664}", count: 10), false),
    ])
    func digitsAndWhatIsShort_AreWeak(secret: String, isWeak: Bool) {
        #expect(SecretStrength.isWeak(secret.utf8) == isWeak)
    }
}
