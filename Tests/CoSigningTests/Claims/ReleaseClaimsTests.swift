import Encoding
import Testing

@testable import CoSigning

/// Types and ranges of what a publisher says of a release.
@Suite struct ReleaseClaimsTests {
    private static func read(_ path: String, _ value: JSONValue?) throws -> ReleaseClaims? {
        try Claims(Exchange.release.with(path, value)).release
    }

    private static let types65 = JSONValue.array((0..<65).map { .string("type-\($0)") })
    private static let types64 = JSONValue.array((0..<64).map { .string("type-\($0)") })

    @Test(
        arguments: [
            ("iss", nil), ("project", nil), ("stream", nil), ("stream", ""), ("stream", .text(65)), ("stream", "OS"),
            ("stream", "-os"), ("stream", ".os"), ("stream", "_os"), ("stream", "o s"), ("stream", "os/"),
            ("stream", "ös"), ("stream", "os\n"), ("stream", 1), ("stream", ["os"]),
            ("seq", nil), ("seq", 0), ("seq", -1), ("seq", 9_007_199_254_740_992), ("seq", .number("42.0")),
            ("seq", .number("4.2e1")), ("seq", .number("-0")), ("seq", "42"), ("seq", true), ("seq", .null),
            ("seq", .number("18446744073709551658")),
            ("version", nil), ("version", ""), ("version", .text(65)), ("version", 2), ("version", .null),
            ("device_types", nil), ("device_types", []), ("device_types", "rpi4"), ("device_types", [""]),
            ("device_types", ["rpi4", ""]), ("device_types", ["rpi4", 1]), ("device_types", [.null]),
            ("device_types", types65), ("artifact", nil), ("artifact", []), ("artifact", "file"), ("artifact", .null),
            ("artifact.name", nil), ("artifact.name", ""), ("artifact.name", .text(257)), ("artifact.name", 1),
            ("artifact.sha256", nil), ("artifact.sha256", .text(64)),
            ("artifact.sha256", .string(Exchange.digest + "0")),
            ("artifact.sha256", .string(String(Exchange.digest.dropLast()))),
            ("artifact.sha256", .string(Exchange.digest.uppercased())), ("artifact.sha256", .null),
            ("artifact.size", nil), ("artifact.size", 0), ("artifact.size", -1), ("artifact.size", "1"),
            ("artifact.size", 9_007_199_254_740_992), ("artifact.size", .number("1.0")),
            ("artifact.size", .number("1e3")),
            ("artifact.format", ""), ("artifact.format", "zip"), ("artifact.format", "Mender"),
            ("artifact.format", .null),
            ("artifact.format", 1),
        ] as [(String, JSONValue?)])
    func wrongClaim_IsBadClaims(_ path: String, _ value: JSONValue?) throws {
        #expect(throws: CoSignError(.badClaims, "")) { try Self.read(path, value) }
    }

    @Test(
        arguments: [
            ("stream", "a"), ("stream", "0"), ("stream", .text(64)), ("stream", "app.gateway"), ("stream", "a-_.9"),
            ("seq", 1), ("seq", 9_007_199_254_740_991), ("version", .text(1)), ("version", .text(64)),
            ("version", "2.4.1-ä€"), ("device_types", types64), ("device_types", ["rpi4", "rpi4"]),
            ("artifact.name", .text(1)), ("artifact.name", .text(256)), ("artifact.size", 1),
            ("artifact.size", 9_007_199_254_740_991), ("artifact.format", nil), ("artifact.format", "mender"),
            ("artifact.format", "fwup"), ("artifact.format", "raw"), ("artifact.format", "rauc"),
            ("artifact.format", "swu"), ("artifact.more", [1]),
        ] as [(String, JSONValue?)])
    func claimWithinItsRange_IsRead(_ path: String, _ value: JSONValue?) throws {
        #expect(try Self.read(path, value) != nil)
    }

    @Test func lengthsAreMeasuredInBytes() throws {
        #expect(try Self.read("version", .string(String(repeating: "é", count: 32))) != nil)
        #expect(throws: CoSignError.self) { try Self.read("version", .string(String(repeating: "é", count: 33))) }
    }

    @Test func release_IsWhatThePublisherSaid() throws {
        let release = try #require(try Self.read("artifact.format", "mender"))
        #expect(release.stream == "os")
        #expect(release.sequence == 42)
        #expect(release.version == "2.4.1")
        #expect(release.deviceTypes == ["rpi4", "rpi5"])
        #expect(release.artifact.name == "release-2.4.1")
        #expect(release.artifact.sha256 == Exchange.digest)
        #expect(release.artifact.size == 12_345_678)
        #expect(release.artifact.format == "mender")
    }

    /// Hardware fits when its name is the same, byte for byte.
    @Test func type_FitsExactly() throws {
        let release = try #require(try Self.read("device_types", ["rpi4", "caf\u{E9}"]))
        for (type, fits) in [
            ("rpi4", true), ("rpi", false), ("rpi44", false), ("RPI4", false), ("", false), ("caf\u{E9}", true),
            ("cafe\u{301}", false),
        ] {
            #expect(release.fits(type) == fits, "\(type)")
        }
    }
}
