import Encoding
import Testing
import Wire

@testable import LinkServer

/// The rules of docs/protocols/device-link.md 4.1, frame by frame.
@Suite struct LinkTopicsTests {
    private var topics = LinkTopics()

    /// What a frame leads to, as text: answers as they are sent, the rest by its kind.
    private mutating func said(_ text: String) throws -> [String] {
        var said: [String] = []
        for outcome in topics.receive(try PhoenixFrame(parsing: text)) {
            switch outcome {
            case .send(let frame): said.append(frame.encoded())
            case .join(let topic, let ref, _): said += topics.joined(topic, ref).map { $0.encoded() }
            case .left(let topic): said.append("left \(topic)")
            case .event(let topic, let event, _, _): said.append("\(topic) \(event)")
            }
        }
        return said
    }

    @Test mutating func join_IsAnswered() throws {
        #expect(
            try said(#"["1","1","device","phx_join",{}]"#)
                == [#"["1","1","device","phx_reply",{"status":"ok","response":{}}]"#])
        #expect(topics.isJoined(.device) && !topics.isJoined(.console))
    }

    @Test mutating func unknownTopics_AreUnmatched() throws {
        let unmatched = { (ref: String, topic: String) in
            "[null,\(ref),\"\(topic)\",\"phx_reply\",{\"status\":\"error\",\"response\":{\"reason\":\"unmatched topic\"}}]"
        }
        #expect(try said(#"["1","1","device:other","phx_join",{}]"#) == [unmatched("\"1\"", "device:other")])
        #expect(try said(#"["1","2","rooms","phx_join",{}]"#) == [unmatched("\"2\"", "rooms")])
        #expect(try said(#"["1","3","device","status_update",{}]"#) == [unmatched("\"3\"", "device")])
        #expect(try said(#"[null,null,"console","up",{}]"#) == [unmatched("null", "console")])
        #expect(try said(#"[null,"4","phoenix","other",{}]"#) == [unmatched("\"4\"", "phoenix")])
    }

    @Test mutating func heartbeat_IsAnswered_AlsoByNumber() throws {
        #expect(
            try said(#"[null,"11","phoenix","heartbeat",{}]"#)
                == [#"[null,"11","phoenix","phx_reply",{"status":"ok","response":{}}]"#])
        #expect(
            try said(#"[null,11,"phoenix","heartbeat",{}]"#)
                == [#"[null,11,"phoenix","phx_reply",{"status":"ok","response":{}}]"#])
    }

    @Test mutating func leave_ClosesTheTopic() throws {
        _ = try said(#"["1","1","device","phx_join",{}]"#)
        #expect(
            try said(#"["1","2","device","phx_leave",{}]"#) == [
                #"["1","2","device","phx_reply",{"status":"ok","response":{}}]"#, #"["1","1","device","phx_close",{}]"#,
                "left device",
            ])
        #expect(
            try said(#"["1","3","device","phx_leave",{}]"#)
                == [#"["1","3","device","phx_reply",{"status":"ok","response":{}}]"#])
    }

    @Test mutating func leaveOfAnEarlierJoin_IsIgnored() throws {
        _ = try said(#"["1","1","device","phx_join",{}]"#)
        _ = try said(#"["2","2","device","phx_join",{}]"#)
        #expect(try said(#"["1","77","device","phx_leave",{}]"#) == [])
        #expect(topics.isJoined(.device))
    }

    @Test mutating func secondJoin_ClosesTheFirst_AfterItsAnswer() throws {
        _ = try said(#"["1","1","device","phx_join",{}]"#)
        #expect(
            try said(#"["5","5","device","phx_join",{}]"#) == [
                #"["5","5","device","phx_reply",{"status":"ok","response":{}}]"#, #"["1","1","device","phx_close",{}]"#,
            ])
        #expect(topics.push(.device, "reboot", .object([]))?.encoded() == #"["5",null,"device","reboot",{}]"#)
    }

    @Test mutating func events_AreTakenWithTheReferenceOfTheJoin_OrWithout() throws {
        _ = try said(#"["1","1","device","phx_join",{}]"#)
        #expect(try said(#"["1","9","device","scripts/run",{}]"#) == ["device scripts/run"])
        #expect(try said(#"[null,"9","device","scripts/run",{}]"#) == ["device scripts/run"])
        #expect(try said(#"["7","9","device","scripts/run",{}]"#) == [])
    }

    @Test mutating func failure_NamesTheJoinTwice() throws {
        _ = try said(#"["1","1","device","phx_join",{}]"#)
        #expect(topics.failed(.device)?.encoded() == #"["1","1","device","phx_error",{}]"#)
        #expect(topics.failed(.device) == nil && !topics.isJoined(.device))
    }

    @Test mutating func anyOrderOfFrames_KeepsOneJoinPerTopic() throws {
        let names = ["device", "console", "extensions", "phoenix", "x"]
        let events = ["phx_join", "phx_leave", "heartbeat", "up", "phx_close"]
        for number in 0..<3000 {
            let topic = names.randomElement() ?? ""
            let event = events.randomElement() ?? ""
            let before = LinkTopic(rawValue: topic).map { topics.isJoined($0) }
            _ = try said("[null,\"\(number)\",\"\(topic)\",\"\(event)\",{}]")
            guard let name = LinkTopic(rawValue: topic) else { continue }
            let after = event == "phx_join" ? true : event == "phx_leave" ? false : before
            #expect(topics.isJoined(name) == after)
        }
    }
}
