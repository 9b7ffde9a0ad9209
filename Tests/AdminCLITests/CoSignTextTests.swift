internal import CoSigning
internal import Encoding
import Testing

@testable import AdminCLI

/// What `hubctl cosign` makes of arguments.
@Suite struct CoSignTextTests {
    @Test(arguments: [
        ("a.pub", nil, "a.pub"), ("k=a.pub", "k", "a.pub"), ("project/x#2=./a=b.pub", "project/x#2", "./a=b.pub"),
    ])
    func key_IsAFile_WithOrWithoutAName(argument: String, kid: String?, file: String) {
        let key = NamedKey(argument: argument)
        #expect(key?.kid?.text == kid && key?.file == file)
    }

    @Test(arguments: ["", "=", "=a.pub", "k=", String(repeating: "k", count: 129) + "=a.pub"])
    func brokenKey_IsRefused(argument: String) {
        #expect(NamedKey(argument: argument) == nil)
    }

    @Test(arguments: [
        ("p", 1), ("p#2", 2), ("p#10", 10), ("p#1", 0), ("p#0", 0), ("p#-2", 0), ("p#", 0), ("p#2x", 0), ("q", 0),
        ("p#99999999999999999999", 0), ("pp#2", 0), ("e\u{301}", 0),
    ])
    func generationOfAKey_IsInItsName(kid: String, generation: Int) {
        #expect(KeySetPlan.generation(kid, "p") == generation)
    }

    @Test func names_AreComparedByBytes() {
        #expect(KeySetPlan.generation("\u{E9}#2", "e\u{301}") == 0)
        #expect(KeySetPlan.generation("\u{E9}#2", "\u{E9}") == 2)
    }

    @Test(
        arguments: [("0", 0), ("1800000000", 1_800_000_000), ("2027-01-15T08:00:00Z", 1_800_000_000)]
            as [(String, Int64)])
    func time_IsUnixSecondsOrRFC3339(argument: String, seconds: Int64) {
        #expect(Moment(argument: argument)?.seconds == seconds)
    }

    @Test(arguments: ["", "-1", "now", "1.5", "2027-13-01"])
    func brokenTime_IsRefused(argument: String) {
        #expect(Moment(argument: argument) == nil)
    }

    @Test func draft_AddsWhatIsAbsent_AndNothingElse() throws {
        let own: [JSONValue.Member] = [.init("a", .number("1.0")), .init("nbf", .number("5"))]
        let draft = try ClaimsDraft(own, issuer: "i", now: 1_800_000_000, days: 2)
        #expect(draft.members.map(\.name) == ["iss", "jti", "exp", "a", "nbf"])
        #expect(draft.json["exp"]?.integer == 1_800_172_800 && draft.json["nbf"]?.integer == 5)
        #expect(draft.json["jti"]?.string.flatMap { MessageID($0) }?.time == 1_800_172_800)
        let again = try ClaimsDraft(draft.members, issuer: "other", now: 1_800_000_000, days: 9)
        #expect(again.members == draft.members)
    }
}
