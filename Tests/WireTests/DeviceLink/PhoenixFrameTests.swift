import Encoding
import Testing

@testable import Wire

/// Frames of the device link (docs/protocols/device-link.md 4).
@Suite struct PhoenixFrameTests {
    @Test(arguments: [
        #"["1","1","device","phx_join",{"a":1}]"#,
        #"[null,"11","phoenix","heartbeat",{}]"#,
        #"["3",null,"extensions","health:check",{}]"#,
        #"[null,null,"device","update",{"deployment_id":7}]"#,
        #"[1,2,"device","phx_leave",{}]"#,
        #"["3","3","extensions","phx_reply",{"status":"ok","response":["geo","health"]}]"#,
    ])
    func frame_IsWrittenAsItWasRead(text: String) throws {
        #expect(try PhoenixFrame(parsing: text).encoded() == text)
    }

    @Test func furtherElements_AreIgnored() throws {
        let frame = try PhoenixFrame(parsing: #"["1","2","device","x",{},"more",7]"#)
        #expect(frame.event == "x" && frame.ref == .text("2"))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "[null,null,\"device\",\"x\"]", "[null,null,7,\"x\",{}]", "[null,null,\"d\",null,{}]",
        "[{},null,\"d\",\"x\",{}]", "[null,true,\"d\",\"x\",{}]", "[null,null,\"d\",\"x\",{}", "not JSON",
        "[null,null,\"" + String(repeating: "t", count: 300) + "\",\"x\",{}]",
    ])
    func otherText_IsNoFrame(text: String) {
        #expect(throws: MessageError.self) { try PhoenixFrame(parsing: text) }
    }

    @Test func anyBytes_NeverTrap() {
        var generator = SystemRandomNumberGenerator()
        let good = Array(#"["1","9","device","status_update",{"status":"received","n":[1,2.5e3,null]}]"#.utf8)
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            guard let frame = try? PhoenixFrame(parsing: String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect((try? PhoenixFrame(parsing: frame.encoded())) == frame)
        }
    }
}
