import BaseTestSupport
import Encoding
import Testing
import Wire

/// Whatever a device sends is either left out or within the bounds, and what is kept is read back the same.
@Suite struct DeviceLinkPropertyTests {
    private static let names = [
        "value", "timestamp", "metadata", "alarms", "metrics", "checks", "connectivity", "pass", "note", "latitude",
        "longitude", "source", "accuracy", "error_code", "error_description", "level", "message", "meta", "time",
        "lines", "identities", "service", "identifier", "instance", "details", "interface", "values",
    ]
    private static let texts = ["2026-11-20T23:50:38.4Z", "wifi", "info", "1795218638432572", "wlan0", ""]
    private static let numbers = [
        "0", "-0", "12.5", "1e308", "-1e-308", "123456789012345678901234567890", "-181", "100",
    ]

    /// A document of the protocol's own words in any places.
    private static func value(_ depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 4), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .number(generator.pick(numbers))
        case 3: return .string(generator.pick(texts))
        case 4: return .string(generator.text(0...1500))
        case 5:
            return .array((0..<Int.random(in: 0...12, using: &generator)).map { _ in value(depth - 1, &generator) })
        default:
            var members: [JSONValue.Member] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                let isWord = Int.random(in: 0...3, using: &generator) > 0
                let name = isWord ? generator.pick(names) : generator.text(0...140)
                guard !members.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { continue }
                members.append(.init(name, value(depth - 1, &generator)))
            }
            return .object(members)
        }
    }

    /// The example messages with parts replaced.
    private static let examples = [
        #"{"value":{"timestamp":"2026-11-20T23:50:38Z","metadata":{"a":"b"},"alarms":{"c":"d"},"metrics":{"e":1.5},"#
            + #""checks":{"f":{"pass":true,"note":"n"}},"connectivity":{"g":{}}}}"#,
        #"{"latitude":12.5,"longitude":41.25,"source":"fixed","accuracy":10}"#,
        #"{"error_code":"HTTP_ERROR","error_description":".."}"#,
        #"{"lines":[{"level":"info","message":"m","meta":{"time":"1"}},{"level":"info","message":"m","timestamp":2}]}"#,
        #"{"identities":[{"service":"wireguard","identifier":"k","instance":"wg0","details":{"ip":"10.0.0.2"}}]}"#,
        #"{"interface":"wlan0","values":["wifi"]}"#,
    ]

    private static func changed(_ value: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
        if Int.random(in: 0...9, using: &generator) == 0 { return Self.value(3, &generator) }
        switch value {
        case .array(let elements): return .array(elements.map { changed($0, &generator) })
        case .object(let members):
            return .object(members.map { .init($0.name, changed($0.value, &generator)) })
        default: return value
        }
    }

    private static func check(_ payload: JSONValue) throws {
        if let report = HealthReport(payload) {
            let json = report.json
            #expect(json.encoded().count < 65536)
            #expect(HealthReport(value: json) == report)
            let stored = try JSONValue(
                parsing: json.encoded(), limits: JSONLimits(bytes: 1 << 20, depth: 64, values: 65536))
            #expect(HealthReport(value: stored) == report)
            #expect(report.metrics.count <= HealthReport.metricLimit && report.metrics.allSatisfy(\.value.isFinite))
        }
        if case .location(let place)? = GeoReport(payload) {
            #expect(GeoLocation(place.json) == place && place.source.utf8.count <= KeptText.limit)
        }
        for line in LogLine.lines(payload) {
            #expect(line.message.utf8.count <= KeptText.limit && line.level.utf8.count <= LogLine.levelLimit)
            #expect(!line.message.utf8.contains(0) && !line.level.utf8.contains(0))
        }
        let identities = NetworkIdentity.identities(payload) ?? []
        #expect(identities.count <= NetworkIdentity.countLimit)
        for identity in identities {
            #expect(NetworkIdentity(identity.json) == identity && identity.json.encoded().count < 16384)
        }
        if let interface = LinkInterface(payload) { #expect(!interface.name.isEmpty) }
        #expect(LinkInterface.types(payload)?.count ?? 0 <= LinkInterface.typeLimit)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>) func anyDocument_IsBounded(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<150 { try Self.check(Self.value(4, &generator)) }
        for text in Self.examples {
            let example = try JSONValue(parsing: Array(text.utf8))
            try Self.check(example)
            for _ in 0..<50 { try Self.check(Self.changed(example, &generator)) }
        }
    }

    @Test func damagedExample_IsBounded() throws {
        for text in Self.examples {
            for bytes in Damage.flips(of: Array(text.utf8)) {
                if let payload = try? JSONValue(parsing: bytes) { try Self.check(payload) }
            }
        }
    }
}
