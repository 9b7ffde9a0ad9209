internal import Encoding
import Foundation
import PKI
import Testing
import Wire

@testable import DeviceClient

/// The pure rules: signatures, times, pauses.
@Suite struct RulesTests {
    struct Responses: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            let name, rawBody: String
            let clientAccepts: Bool
            var testDescription: String { name }
        }
        let secret: String
        let cases: [Case]
    }

    struct Signing: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            let name, secret, canonical, canonicalSHA256, signature, signatureKeySHA256, signatureKeySHA256Hex: String
            var testDescription: String { name }
        }
        let cases: [Case]
    }

    static func load<Value: Decodable>(_ name: String) throws -> Value {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("WireTests/Vectors/idprov/\(name).json")
        return try JSONDecoder().decode(Value.self, from: Data(contentsOf: file))
    }

    static let responses: Responses? = try? load("responses")
    static let signing: Signing? = try? load("signing")

    @Test func vectors_AreThere() {
        #expect(Self.responses?.cases.count == 8)
        #expect(Self.signing?.cases.count == 15)
    }

    @Test(arguments: responses?.cases ?? []) func approval_IsBelievedExactlyAsListed(_ vector: Responses.Case) throws {
        let body = Array(vector.rawBody.utf8)
        let response = try ProvisionResponse(parsing: body)
        guard response.status == .approved else { return }
        let isMutual = vector.name.contains("mutual TLS")
        let secret = isMutual ? [] : Array((Self.responses?.secret ?? "").utf8)
        #expect(Verification.isSigned(response, body: body, key: secret) == vector.clientAccepts)
        if isMutual {
            let first = Array((Self.responses?.secret ?? "").utf8)
            #expect(
                !Verification.isSigned(response, body: body, key: first), "the empty key counts only after mutual TLS")
        }
    }

    @Test(arguments: signing?.cases ?? []) func signature_HasTheListedValues(_ vector: Signing.Case) {
        let message = Array(vector.canonical.utf8)
        let secret = Array(vector.secret.utf8)
        let digest = SHA256.hash(secret)
        #expect(Hex.encode(SHA256.hash(message)) == vector.canonicalSHA256)
        #expect(Base64.encode(HMACSHA256.authenticate(message, key: secret)) == vector.signature)
        #expect(Base64.encode(HMACSHA256.authenticate(message, key: digest)) == vector.signatureKeySHA256)
        let hex = Array(Hex.encode(digest).utf8)
        #expect(Base64.encode(HMACSHA256.authenticate(message, key: hex)) == vector.signatureKeySHA256Hex)
    }

    @Test func rawReading_IsBelievedToo() throws {
        let blank = Array(#"{ "signature":"", "status":"Waiting","extra":1 }"#.utf8)
        let signature = Base64.encode(HMACSHA256.authenticate(blank, key: [1]))
        let body = Array(#"{ "signature":"\#(signature)", "status":"Waiting","extra":1 }"#.utf8)
        let response = try ProvisionResponse(parsing: body)
        #expect(Verification.isSigned(response, body: body, key: [1]))
        #expect(!Verification.isSigned(response, body: body, key: [2]))
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200), ("Sat, 21 Nov 2026 03:00:00 GMT", 1_795_230_000),
        ] as [(String, Int64)]) func httpDate_IsRead(_ text: String, _ expected: Int64)
    {
        #expect(HTTPDate.unixSeconds(text) == expected)
    }

    @Test(arguments: [
        "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
    ])
    func otherDates_AreNotRead(_ text: String) {
        #expect(HTTPDate.unixSeconds(text) == nil)
    }

    @Test func clockThatWasNeverSet_GoesOnFromTheHubsTimeUntilItIsSet() {
        let clock = ManualClock(100)
        let time = TimeKeeper { clock.now }
        let correction = time.learn(notBefore: 1_000_000, notAfter: 2_000_000, hubTime: 1_000_050)
        #expect(correction == 999_950)
        #expect(time.now == 1_000_050)
        clock.advance(.seconds(10))
        #expect(time.now == 1_000_060)
        #expect(time.learn(notBefore: 1_000_000, notAfter: 2_000_000, hubTime: 1_000_070) == nil)
        clock.advance(.seconds(1_500_000))
        #expect(time.now == clock.now, "the clock was set")
    }

    @Test func rememberedTime_MovesOnAfterARestart() {
        let clock = ManualClock(5)
        let time = TimeKeeper { clock.now }
        time.remember(1_000_000)
        clock.advance(.seconds(60))
        #expect(time.now == 1_000_060)
        time.remember(999_999)
        #expect(time.now == 1_000_060)
    }

    @Test func clockThatRunsAhead_IsTakenBack() {
        let clock = ManualClock(5_000_000)
        let time = TimeKeeper { clock.now }
        let correction = time.learn(notBefore: 1_000_000, notAfter: 2_000_000, hubTime: nil)
        #expect(correction == -4_000_000)
        clock.advance(.seconds(30))
        #expect(time.now == 1_000_030)
    }

    @Test func hubTimeOutsideTheCertificate_IsBroughtInside() {
        let time = TimeKeeper { 0 }
        #expect(time.learn(notBefore: 1_000, notAfter: 2_000, hubTime: 9_999_999) == 1_999)
    }

    @Test(arguments: [0, 0.5, 1]) func renewal_IsDueShortlyBeforeHalfLife(_ chance: Double) {
        let schedule = RenewalSchedule(notBefore: 1000, notAfter: 1000 + 2_592_000, chance: chance)
        #expect((1000 + 1_166_400...1000 + 1_296_000).contains(schedule.due))
        #expect(schedule.retrySeconds(now: schedule.due) == 21600)
        #expect(schedule.retrySeconds(now: schedule.notAfter - 100) == 20)
        #expect(schedule.retrySeconds(now: schedule.notAfter) == 600)
    }

    @Test func renewalRests_LongerWhenItBroughtNothing() {
        let cut = RenewalSchedule(notBefore: 940, notAfter: 1066, chance: 0)
        #expect(cut.due <= 1003, "half of its life is past soon after it was made")
        #expect(cut.restSeconds(now: 1000, former: 1030) == 20)
        let long = RenewalSchedule(notBefore: 0, notAfter: 800_000, chance: 0.5)
        #expect(long.restSeconds(now: 784_000, former: 800_000) == 2000)
        #expect(long.restSeconds(now: 784_000, former: 799_999) == 20)
    }

    @Test func pauses_GrowToTheirLimit() {
        var fault = BackOff()
        var distrust = BackOff()
        let faults = (0..<20).map { _ in fault.next(.fault, chance: 0.5) }
        let distrusts = (0..<20).map { _ in distrust.next(.distrust, chance: 0.5) }
        #expect(faults.prefix(4) == [1, 2, 4, 8] && faults.last == 60)
        #expect(distrusts.prefix(3) == [30, 60, 120] && distrusts.last == 3600)
    }

    @Test func errors_SayWhatToDo() {
        let hub = HubCandidate(name: "idprov", host: "fe80::1%eth0", port: 43776, path: "/")
        #expect("\(DeviceError.fakeHub(hub, .wrongSignature))".contains("idprov ([fe80::1%eth0]:43776)"))
        #expect("\(DeviceError.noHubFound)".contains("give its address"))
    }
}
