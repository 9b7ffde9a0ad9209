import Encoding
import Testing
import Wire

/// docs/protocols/device-link.md 11.3, health: numbers are kept, everything is bounded.
@Suite struct HealthReportTests {
    private static func payload(_ value: String) throws -> JSONValue {
        try JSONValue(parsing: Array(#"{"value":\#(value)}"#.utf8), limits: JSONLimits(bytes: 1 << 20, values: 65536))
    }

    private static func report(_ value: String) throws -> HealthReport {
        try #require(HealthReport(try payload(value)))
    }

    private static let example = """
        {"timestamp":"2026-11-20T23:50:38.432572Z","metadata":{"placement":"bench"},\
        "alarms":{"MyAlarm":"text"},"metrics":{"cpu_usage_percent":58.15,"load_1min":9.75,\
        "load_5min":8.32,"load_15min":4.62,"mem_size_mb":24684,"mem_used_mb":1805,\
        "mem_used_percent":7},"checks":{"db":{"pass":true,"note":""}},"connectivity":{}}
        """

    @Test func exampleOfTheProtocol_IsRead() throws {
        let report = try Self.report(Self.example)
        #expect(report.timestamp == RFC3339.seconds(Array("2026-11-20T23:50:38Z".utf8)[...]))
        #expect(report.metadata == [NamedText("placement", "bench")])
        #expect(report.alarms == [NamedText("MyAlarm", "text")])
        #expect(report.metrics.count == 7)
        #expect(report.metric("cpu_usage_percent") == 58.15 && report.metric("mem_size_mb") == 24684)
        #expect(report.checks == [HealthReport.Check("db", isPassed: true)])
        #expect(report.connectivity == .object([]))
        #expect(HealthReport(value: report.json) == report)
    }

    private static let metrics: [(given: String, kept: [HealthReport.Metric])] = [
        (#"{"a":1,"b":"2","c":null,"d":true,"e":[3],"f":{"g":4},"h":-0.5}"#, [.init("a", 1), .init("h", -0.5)]),
        (#"{"a":"58.15"}"#, []), (#"{"":1}"#, []), ("[1,2]", []), (#""7""#, []), ("null", []),
        (#"{"a\u0000b":1,"a":2}"#, [.init("a", 2)]), (#"{"é":1,"e\u0301":2}"#, [.init("é", 1), .init("e\u{301}", 2)]),
        (
            #"{"\#(String(repeating: "n", count: 129))":1,"\#(String(repeating: "n", count: 128))":2}"#,
            [.init(String(repeating: "n", count: 128), 2)]
        ),
        (#"{"a":1e300,"b":1.5e-7}"#, [.init("a", 1e300), .init("b", 1.5e-7)]),
    ]

    @Test func metrics_AreNumbersWithAName() throws {
        for (given, kept) in Self.metrics {
            let report = try Self.report(#"{"metrics":\#(given)}"#)
            #expect(report.metrics == kept, "\(given)")
            #expect(HealthReport(value: report.json) == report)
        }
    }

    @Test func metricThatLooksTheSame_IsAnotherOne() throws {
        let report = try Self.report("{\"metrics\":{\"é\":1,\"e\u{301}\":2}}")
        #expect(report.metric("é") == 1 && report.metric("e\u{301}") == 2)
    }

    private static let noReports = [
        "{}", "[]", "null", "1", #"{"value":null}"#, #"{"value":[]}"#, #"{"value":"text"}"#, #"{"metrics":{"a":1}}"#,
    ]

    @Test func payloadWithoutAReport_IsNone() throws {
        for text in Self.noReports {
            #expect(HealthReport(try JSONValue(parsing: Array(text.utf8))) == nil, "\(text)")
        }
    }

    @Test func membersOfOtherTypes_AreLeftOut() throws {
        let report = try Self.report(
            """
            {"timestamp":17,"metadata":{"a":1,"b":true,"c":[1],"d":{}},"alarms":["x"],"metrics":"none",\
            "checks":{"a":true,"b":{"note":"n"},"c":{"pass":"yes"},"d":{"pass":false,"note":7}},"connectivity":[1]}
            """)
        var expected = HealthReport()
        expected.metadata = [NamedText("a", "1"), NamedText("b", "true")]
        expected.checks = [.init("d", isPassed: false, note: "7")]
        #expect(report == expected)
    }

    @Test func counts_HaveALimit() throws {
        func members(_ count: Int, _ value: String) -> String {
            "{" + (0..<count).map { #""k\#($0)":\#(value)"# }.joined(separator: ",") + "}"
        }
        let report = try Self.report(
            #"{"metrics":\#(members(1000, "1")),"alarms":\#(members(1000, #""a""#)),"#
                + #""checks":\#(members(1000, #"{"pass":true}"#)),"metadata":\#(members(1000, #""m""#))}"#)
        #expect(report.metrics.count == 64 && report.metrics.last?.name == "k63")
        #expect(report.alarms.count == 32 && report.checks.count == 32 && report.metadata.count == 32)
    }

    @Test func texts_AreCut_AndBoundedTogether() throws {
        let long = String(repeating: "é", count: 1000)
        let report = try Self.report(#"{"alarms":{"a":"\#(long)","b":"x"}}"#)
        #expect(report.alarms.map(\.text.utf8.count) == [1024, 1])
        let many = (0..<30).map { #""k\#($0)":"\#(long)""# }.joined(separator: ",")
        let full = try Self.report(#"{"alarms":{\#(many)},"metadata":{\#(many),"m":"small"}}"#)
        let size = (full.alarms + full.metadata).reduce(0) { $0 + $1.name.utf8.count + $1.text.utf8.count }
        #expect(size <= HealthReport.textLimit)
        #expect(full.metadata.last?.name == "m", "what is small has room yet")
        #expect(full.json.encoded().count < 32768)
    }

    @Test func connectivity_IsKeptWhenItIsSmall() throws {
        let small = try Self.report(#"{"connectivity":{"wlan0":{"rssi":-60}}}"#)
        #expect(small.connectivity["wlan0"]?["rssi"]?.integer == -60)
        let large = try Self.report(#"{"connectivity":{"a":"\#(String(repeating: "x", count: 2048))"}}"#)
        #expect(large.connectivity == .object([]))
    }
}
