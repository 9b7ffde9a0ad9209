import Encoding
import LinkServer
import Testing
import Wire

/// docs/protocols/device-link.md 11.2 and 11.3: what is accepted, asked and answered on the topic `extensions`.
@Suite struct ExtensionsTopicTests {
    private static func json(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), limits: JSONLimits(bytes: 1 << 20, values: 65536))
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.encoded(), as: UTF8.self) }

    /// A device that joined with all four, of which some are attached.
    private static func topic(
        _ attached: [String] = [], settings: ExtensionSettings = ExtensionSettings()
    ) throws -> ExtensionsTopic {
        var topic = ExtensionsTopic(settings: settings)
        _ = topic.join(
            try json(#"{"health":"0.0.1","geo":"0.0.1","logging":"0.1.0","network_identity":"0.0.1"}"#))
        for name in attached { _ = topic.receive(event: "\(name):attached", payload: .object([]), now: .zero) }
        return topic
    }

    private static let joins: [(payload: String, response: String)] = [
        (#"{"geo":"0.0.1","health":"0.0.1"}"#, #"["geo","health"]"#),
        (#"{"health":"0.0.1","geo":"0.0.1","network_identity":"0.0.1"}"#, #"["health","geo","network_identity"]"#),
        (#"{"logging":"0.1.0"}"#, #"["logging"]"#), (#"{"logging":"0.0.1"}"#, #"["logging"]"#),
        (#"{"logging":"0.2.0","health":"0.1.0"}"#, "[]"), (#"{"local_shell":"0.0.1","alarms":"0.0.1"}"#, "[]"),
        (#"{"health":1,"geo":null,"logging":["0.0.1"],"network_identity":"0.0.1"}"#, #"["network_identity"]"#),
        (#"{"Health":"0.0.1","geo ":"0.0.1"}"#, "[]"), ("{}", "[]"), ("[]", "[]"), (#""health""#, "[]"), ("null", "[]"),
    ]

    @Test func join_AcceptsWhatIsKnown_AndNeverFails() throws {
        for (payload, response) in Self.joins {
            var topic = ExtensionsTopic()
            #expect(Self.text(topic.join(try Self.json(payload))) == response, "\(payload)")
            #expect(topic.attached.isEmpty)
        }
    }

    @Test func extensionThatIsNotOffered_IsNotAccepted() throws {
        var settings = ExtensionSettings()
        settings.offered = [.geo]
        var topic = ExtensionsTopic(settings: settings)
        #expect(Self.text(topic.join(try Self.json(#"{"geo":"0.0.1","health":"0.0.1"}"#))) == #"["geo"]"#)
    }

    @Test func advertisement_NamesVersionsTheNewestFirst() {
        let some = Self.text(LinkExtension.advertisement([.logging, .health]))
        #expect(some == #"{"extensions":{"health":["0.0.1"],"logging":["0.1.0","0.0.1"]}}"#)
        #expect(Self.text(LinkExtension.advertisement([])) == #"{"extensions":{}}"#)
        let all = Self.text(LinkExtension.advertisement(LinkExtension.allCases))
        #expect(all.contains(#""network_identity":["0.0.1"]"#) && all.contains(#""geo":["0.0.1"]"#))
    }

    @Test(
        arguments: [
            ("health", "health:check"), ("geo", "geo:location:request"),
            ("network_identity", "network_identity:request"),
            ("logging", nil),
        ] as [(String, String?)])
    func attached_IsAnsweredByAQuestion(name: String, question: String?) throws {
        var topic = try Self.topic()
        let actions = topic.receive(event: "\(name):attached", payload: .object([]), now: .zero)
        #expect(actions == question.map { [.push(event: $0, payload: .object([]))] } ?? [])
        #expect(topic.attached.map(\.name) == [name])
    }

    private static let reports: [(event: String, payload: String, finding: DeviceFinding)] = [
        ("health:report", #"{"value":{"metrics":{"load_1min":9.75}}}"#, .health(report([.init("load_1min", 9.75)]))),
        (
            "geo:location:update", #"{"latitude":12.5,"longitude":41.25,"source":"fixed","accuracy":10}"#,
            .location(.location(GeoLocation(latitude: 12.5, longitude: 41.25, source: "fixed", accuracy: 10)))
        ),
        (
            "geo:location:update", #"{"error_code":"HTTP_ERROR","error_description":".."}"#,
            .location(.failed(code: "HTTP_ERROR", reason: ".."))
        ),
        (
            "logging:send", #"{"level":"info","message":"..","meta":{"time":"1"}}"#,
            .logs([LogLine(level: "info", message: "..", time: 1)])
        ),
        (
            "logging:send", #"{"lines":[{"level":"info","message":"a"},{"level":"error","message":"b"}]}"#,
            .logs([LogLine(level: "info", message: "a"), LogLine(level: "error", message: "b")])
        ),
        (
            "network_identity:report",
            #"{"identities":[{"service":"wireguard","identifier":"pubkey0","instance":"wg0","#
                + #""details":{"ip":"10.0.0.2"}}]}"#,
            .identities([
                NetworkIdentity(
                    service: "wireguard", identifier: "pubkey0", instance: "wg0",
                    details: .object([.init("ip", .string("10.0.0.2"))]))
            ])
        ),
    ]

    private static func report(_ metrics: [HealthReport.Metric]) -> HealthReport {
        var report = HealthReport()
        report.metrics = metrics
        return report
    }

    @Test func report_IsKeptWhileItsExtensionIsAttached() throws {
        for (event, payload, finding) in Self.reports {
            let name = String(event.prefix { $0 != ":" })
            let payload = try Self.json(payload)
            var topic = try Self.topic()
            #expect(topic.receive(event: event, payload: payload, now: .zero).isEmpty, "before it is attached")
            _ = topic.receive(event: "\(name):attached", payload: .object([]), now: .zero)
            #expect(topic.receive(event: event, payload: payload, now: .zero) == [.keep(finding)], "\(event)")
            for end in ["detached", "error"] {
                let reason = try Self.json(#"{"reason":"unknown_extension"}"#)
                #expect(topic.receive(event: "\(name):\(end)", payload: reason, now: .zero).isEmpty)
                #expect(topic.receive(event: event, payload: payload, now: .zero).isEmpty && topic.attached.isEmpty)
                _ = topic.receive(event: "\(name):attached", payload: .object([]), now: .zero)
            }
        }
    }

    @Test(arguments: [
        "local_shell:attached", "alarms:raised", "unknown:a:b", ":attached", "Health:report", "metrics:report",
    ]) func eventOfAnotherExtension_IsToldToDetach(event: String) throws {
        var topic = try Self.topic(["health"])
        let answer = ExtensionAction.reply(isOK: false, response: .string("detach"))
        #expect(topic.receive(event: event, payload: .object([]), now: .zero) == [answer])
        #expect(topic.attached == [.health])
        var one = ExtensionsTopic()
        _ = one.join(.object([.init("geo", .string("0.0.1"))]))
        #expect(one.receive(event: "health:report", payload: .object([]), now: .zero) == [answer], "not accepted")
    }

    private static let malformed: [(event: String, payload: String)] = [
        ("health", "{}"), ("", "{}"), ("health:", "{}"), ("health:other", "{}"), ("health:report", "[]"),
        ("health:report", #"{"value":7}"#), ("geo:location:update", #"{"latitude":"x"}"#), ("geo:location", "{}"),
        ("logging:send", "{}"), ("logging:send", #"{"lines":[]}"#), ("network_identity:report", "null"),
        ("health:check", "{}"),
    ]

    @Test func malformedMessage_IsDropped() throws {
        var topic = try Self.topic(["health", "geo", "logging", "network_identity"])
        for (event, payload) in Self.malformed {
            #expect(topic.receive(event: event, payload: try Self.json(payload), now: .zero).isEmpty, "\(event)")
        }
        #expect(topic.attached.count == 4)
    }

    @Test func secondJoin_BeginsAnew() throws {
        var topic = try Self.topic(["health", "geo"])
        _ = topic.join(.object([.init("geo", .string("0.0.1"))]))
        #expect(topic.attached.isEmpty)
        topic.leave()
        #expect(topic.attached.isEmpty)
    }
}
