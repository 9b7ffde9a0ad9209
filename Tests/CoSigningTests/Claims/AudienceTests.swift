import Encoding
import Testing

@testable import CoSigning

/// Whom a message addresses, and the co-signature's members.
@Suite struct AudienceTests {
    private static let device = DeviceDescription(id: "sensor-0001", type: "rpi4", groups: ["lab", "caf\u{E9}"])

    @Test(
        arguments: [
            ("all", true), ("All", false), ("", false), ("device:sensor-0001", true), ("device:sensor-0002", false),
            ("device:sensor-000", false), ("device:sensor-00011", false), ("sensor-0001", false), ("device:", false),
            ("device:SENSOR-0001", false), ("group:lab", true), ("group:other", false), ("group:", false),
            ("lab", false), ("group:sensor-0001", false), ("device:lab", false), ("group:caf\u{E9}", true),
            ("group:cafe\u{301}", false), (["device:a", "group:lab"], true), (["device:a", "group:b"], false),
            (["device:a", "all"], true),
        ] as [(JSONValue, Bool)])
    func audience_AddressesByDeviceGroupOrAll(_ value: JSONValue, _ isAddressed: Bool) throws {
        #expect(try #require(Audience(value)).addresses(Self.device) == isAddressed)
    }

    @Test func audience_HasOneToSixteenNames() {
        func names(_ count: Int) -> JSONValue { .array(Array(repeating: "all", count: count)) }
        #expect(Audience(names(0)) == nil)
        #expect(Audience(names(1)) != nil)
        #expect(Audience(names(16)) != nil)
        #expect(Audience(names(17)) == nil)
        for value: JSONValue in [.null, 1, true, [:], ["all", .null], [["all"]]] { #expect(Audience(value) == nil) }
    }

    /// Both the claim and the co-signature must address the device.
    @Test(
        arguments: [
            (nil, "device:sensor-0001", nil), ("all", "device:sensor-0001", nil), ("group:lab", "group:lab", nil),
            ("group:other", "all", .wrongAudience), ("all", "device:other", .wrongAudience),
            ("device:other", "device:sensor-0001", .wrongAudience),
        ] as [(JSONValue?, JSONValue, CoSignError.Name?)])
    func claimAndCoSignature_MustBothAddressTheDevice(
        _ claim: JSONValue?, _ member: JSONValue, _ error: CoSignError.Name?
    ) throws {
        let exchange = Exchange().with(claim: "aud", claim).with(authorization: "aud", member)
        #expect(try exchange.error() == error)
    }

    @Test func messageWithoutAudience_IsForWhoeverGetsIt() throws {
        #expect(try Exchange(.message).error() == nil)
        #expect(try Exchange(.message).with(claim: "aud", "device:other").error() == .wrongAudience)
        #expect(try Exchange(.message).with(authorization: "aud", "group:other").error() == .wrongAudience)
    }

    @Test(arguments: ["iat", "exp", "aud"]) func releaseWithoutAMember_LacksItsAuthorization(_ name: String) throws {
        #expect(try Exchange().with(authorization: name, nil).error() == .missingAuthorization)
        #expect(try Exchange().with(authorization: name, .null).error() == .badClaims)
    }

    @Test(
        arguments: [
            ("iat", "1800000000"), ("iat", .number("1800000000.0")), ("iat", -1), ("iat", true), ("exp", "1800000900"),
            ("exp", .number("1800000900.0")), ("exp", 253_402_300_800), ("exp", 1_800_000_000), ("exp", 1_799_999_999),
            ("exp", 1_802_678_401), ("aud", 1), ("aud", []), ("aud", ["all", 1]), ("nonce", 1), ("nonce", .null),
            ("nonce", ["a"]), ("dep", 1), ("dep", .null),
        ] as [(String, JSONValue)])
    func wrongMemberOfTheAuthorization_IsBadClaims(_ name: String, _ value: JSONValue) throws {
        #expect(try Exchange().with(authorization: name, value).error() == .badClaims)
        let message = Exchange(.message).with(authorization: "iat", 1_800_000_000)
        #expect(try message.with(authorization: name, value).error() == .badClaims)
    }

    /// Longest and shortest life of a co-signature.
    @Test(
        arguments: [
            (1_800_000_000, .badClaims), (1_800_000_001, nil), (1_802_678_400, nil), (1_802_678_401, .badClaims),
        ] as [(Int64, CoSignError.Name?)])
    func life_IsBetweenASecondAndThirtyOneDays(_ end: Int64, _ error: CoSignError.Name?) throws {
        #expect(try Exchange().with(authorization: "exp", .integer(end)).error() == error)
    }

    @Test func deployment_IsHandedOn() throws {
        #expect(try Exchange().judge().deployment == nil)
        #expect(try Exchange().with(authorization: "dep", "d-1").judge().deployment == "d-1")
    }
}
