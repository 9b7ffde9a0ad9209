import Encoding
import LinkServer
import Testing
import Wire

/// When the topic `extensions` asks by itself, how often messages are taken, and what an operator switches.
@Suite struct ExtensionsTimeTests {
    private static func topic(_ settings: ExtensionSettings = ExtensionSettings()) -> ExtensionsTopic {
        var topic = ExtensionsTopic(settings: settings)
        _ = topic.join(
            .object(LinkExtension.allCases.map { .init($0.name, .string("0.0.1")) }))
        for one in LinkExtension.allCases {
            _ = topic.receive(event: "\(one.name):attached", payload: .object([]), now: .zero)
        }
        return topic
    }

    private static let check = ExtensionAction.push(event: "health:check", payload: .object([]))
    private static let locate = ExtensionAction.push(event: "geo:location:request", payload: .object([]))

    @Test func health_IsAskedEveryHour_AndLocationNever() {
        var topic = Self.topic()
        #expect(topic.tick(now: .seconds(3599)).isEmpty)
        #expect(topic.tick(now: .seconds(3600)) == [Self.check])
        #expect(topic.tick(now: .seconds(3601)).isEmpty)
        #expect(topic.tick(now: .seconds(7201)) == [Self.check])
        _ = topic.receive(event: "health:detached", payload: .object([]), now: .seconds(7202))
        #expect(topic.tick(now: .seconds(20_000)).isEmpty)
    }

    @Test func intervals_AreSettings() {
        var settings = ExtensionSettings()
        (settings.healthMinutes, settings.locationMinutes) = (0, 5)
        var topic = Self.topic(settings)
        #expect(topic.tick(now: .seconds(299)).isEmpty)
        #expect(topic.tick(now: .seconds(300)) == [Self.locate])
        #expect(topic.tick(now: .seconds(599)).isEmpty)
    }

    @Test func somebodyWhoLooks_MakesTheHubAsk() {
        var topic = Self.topic()
        #expect(topic.ask(.health, now: .seconds(4)).isEmpty, "it was asked just now")
        #expect(topic.ask(.health, now: .seconds(5)) == [Self.check])
        #expect(topic.ask(.health, now: .seconds(9)).isEmpty)
        #expect(topic.tick(now: .seconds(3604)).isEmpty, "the hour counts from the last question")
        #expect(topic.ask(.geo, now: .seconds(9)) == [Self.locate])
        #expect(topic.ask(.logging, now: .seconds(9)).isEmpty)
        _ = topic.receive(event: "geo:error", payload: .object([]), now: .seconds(10))
        #expect(topic.ask(.geo, now: .seconds(60)).isEmpty)
    }

    private static func taken(_ topic: inout ExtensionsTopic, _ event: String, _ payload: JSONValue, _ now: Duration)
        -> Int
    {
        (0..<100).filter { _ in !topic.receive(event: event, payload: payload, now: now).isEmpty }.count
    }

    @Test func logMessages_AreFiveInASecond_TenAtOnce() {
        var topic = Self.topic()
        let line = JSONValue.object([.init("message", .string("m"))])
        #expect(Self.taken(&topic, "logging:send", line, .seconds(1)) == 10)
        #expect(Self.taken(&topic, "logging:send", line, .seconds(2)) == 5)
        #expect(Self.taken(&topic, "logging:send", line, .milliseconds(2200)) == 1)
        #expect(Self.taken(&topic, "logging:send", line, .seconds(60)) == 10)
        #expect(Self.taken(&topic, "logging:send", line, .seconds(10)) == 0, "a clock that goes back gives nothing")
    }

    @Test func reports_AreOneInASecond_TenAtOnce() {
        var topic = Self.topic()
        let health = JSONValue.object([.init("value", .object([]))])
        #expect(Self.taken(&topic, "health:report", health, .seconds(1)) == 10)
        let place = JSONValue.object([.init("latitude", .number("1")), .init("longitude", .number("2"))])
        #expect(Self.taken(&topic, "geo:location:update", place, .seconds(1)) == 0, "they share what they may cost")
        #expect(Self.taken(&topic, "geo:location:update", place, .seconds(3)) == 2)
    }
}
