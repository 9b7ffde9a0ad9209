import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// The checks of docs/protocols/tunnel.md A3, each with the words of the releases, and the recorded requests.
@Suite struct TunnelRequestTests {
    private static func read(_ text: String, _ methods: [TunnelMethod] = TunnelMethod.rendezvous) throws
        -> TunnelRequest
    {
        try TunnelRequest(parsing: Array(text.utf8), methods: methods)
    }

    private static let authenticate =
        #"{"id":0,"method":"Authentication.Authenticate","params":{"name":"one","nonce":"nn","token":"blub","#
        + #""uuid":"{11111111-1111-1111-1111-111111111111}"}}"#

    @Test func recordedRequests_AreRead() throws {
        let hello = try Self.read(#"{"id":0,"method":"RemoteProxy.Hello"}"#)
        #expect(hello.id == 0 && hello.method == .hello && hello.params.isEmpty)
        let authenticate = try Self.read(Self.authenticate)
        #expect(authenticate.method == .authenticate && authenticate.text("token") == "blub")
        #expect(authenticate.text("uuid") == "{11111111-1111-1111-1111-111111111111}")
        let ping = try Self.read(
            #"{"id":9,"method":"TunnelProxy.Ping","params":{"timestamp":1234}}"#, TunnelMethod.proxy)
        #expect(ping.id == 9 && ping.params["timestamp"] == .number("1234") && ping.text("timestamp") == "1234")
    }

    private static let refusals: [(request: String, id: Int64, error: String, reason: String)] = [
        ("{]", -1, "Failed to parse JSON data: unterminated object", "Invalid JSON data received."),
        ("x", -1, "Failed to parse JSON data: illegal value", "Invalid JSON data received."),
        (#"{"id":1,"#, -1, "Failed to parse JSON data: unterminated object", "Invalid JSON data received."),
        (#"{"id":"#, -1, "Failed to parse JSON data: illegal value", "Invalid JSON data received."),
        ("[1]", -1, "Error parsing command. Missing 'id'", "The id property is missing in the request."),
        (
            #"{"method":"RemoteProxy.Hello"}"#, -1, "Error parsing command. Missing 'id'",
            "The id property is missing in the request."
        ),
        (
            #"{"id":"one"}"#, -1, "Error parsing command. Missing 'id'", "The id property is missing in the request."
        ),
        (
            #"{"id":3}"#, 3, "Error parsing method. Got: ''', Expected: 'Namespace.method'", "Invalid method passed."
        ),
        (
            #"{"id":3,"method":"Hello"}"#, 3, "Error parsing method. Got: 'Hello'', Expected: 'Namespace.method'",
            "Invalid method passed."
        ),
        (
            #"{"id":3,"method":"a.b.c"}"#, 3, "Error parsing method. Got: 'a.b.c'', Expected: 'Namespace.method'",
            "Invalid method passed."
        ),
        (#"{"id":3,"method":"remoteproxy.Hello"}"#, 3, "No such namespace", "No such namespace."),
        (#"{"id":3,"method":"TunnelProxy.Ping"}"#, 3, "No such namespace", "No such namespace."),
        (#"{"id":3,"method":"RemoteProxy.hello"}"#, 3, "No such method", "No such method."),
        (#"{"id":3,"method":"RemoteProxy.TunnelEstablished"}"#, 3, "No such method", "No such method."),
        (
            #"{"id":1,"method":"RemoteProxy.Hello","params":{"a":1}}"#, 1,
            "Invalid params: Forbidden key \"a\" in {\n    \"a\": 1\n}\n", "Invalid params passed."
        ),
        (
            #"{"id":1,"method":"Authentication.Authenticate","params":{"token":"t","name":"n"}}"#, 1,
            "Invalid params: Missing key uuid in {\n    \"name\": \"n\",\n    \"token\": \"t\"\n}\n",
            "Invalid params passed."
        ),
        (
            #"{"id":1,"method":"Authentication.Authenticate"}"#, 1, "Invalid params: Missing key name in {\n}\n",
            "Invalid params passed."
        ),
        (
            #"{"id":1,"method":"Authentication.Authenticate","params":{"token":{},"name":"n","uuid":"u"}}"#, 1,
            "Invalid params: Param  is not a string.", "Invalid params passed."
        ),
    ]

    @Test func refusal_HasTheWordsOfTheReleases() {
        for (request, id, error, reason) in Self.refusals {
            let refusal = #expect(throws: TunnelRefusal.self, "\(request)") { try Self.read(request) }
            #expect(refusal?.id == id && refusal?.error == error && refusal?.closeReason == reason, "\(request)")
        }
    }

    @Test(arguments: [
        ("TunnelProxy.RegisterServer", #"{"serverName":"s","serverUuid":[]}"#, "uuid"),
        ("TunnelProxy.DisconnectClient", #"{"socketAddress":{}}"#, "int"),
        ("TunnelProxy.RegisterServer", #"{"serverName":{},"serverUuid":"u"}"#, "string"),
    ])
    func parameterThatIsNoValue_NamesItsType(method: String, params: String, word: String) {
        let refusal = #expect(throws: TunnelRefusal.self) {
            try Self.read(#"{"id":1,"method":"\#(method)","params":\#(params)}"#, TunnelMethod.proxy)
        }
        #expect(refusal?.error == "Invalid params: Param  is not a \(word).")
    }

    @Test(arguments: [
        ("\"t\"", "t"), ("\"\"", ""), ("null", ""), ("1", "1"), ("1.50", "1.50"), ("true", "true"), ("false", "false"),
    ])
    func textParameter_TakesWhatTheReleasesTake(value: String, text: String) throws {
        let request = try Self.read(Self.authenticate.replacingFirst("\"blub\"", with: value))
        #expect(request.text("token") == text)
        #expect(request.text("absent").isEmpty)
    }

    @Test(arguments: ["[]", "1", "null", "\"a\"", "true"]) func paramsThatAreNoObject_AreNone(params: String) throws {
        #expect(try Self.read(#"{"id":1,"method":"RemoteProxy.Hello","params":\#(params),"x":[]}"#).params.isEmpty)
    }

    @Test(arguments: [("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min)])
    func number_Has64Bits(text: String, number: Int64) throws {
        #expect(try Self.read(#"{"id":\#(text),"method":"RemoteProxy.Hello"}"#).id == number)
        for other in ["9223372036854775808", "1.5", "1e3", "null", "true", "[]"] {
            let refusal = #expect(throws: TunnelRefusal.self) {
                try Self.read(#"{"id":\#(other),"method":"RemoteProxy.Hello"}"#)
            }
            #expect(refusal == TunnelRefusal.missingID)
        }
    }

    @Test func document_Is64KibibytesAtMost() throws {
        let frame = #"{"id":1,"method":"RemoteProxy.Hello","x":""}"#.utf8.count
        func padded(_ count: Int) -> String {
            #"{"id":1,"method":"RemoteProxy.Hello","x":"\#(String(repeating: "y", count: count - frame))"}"#
        }
        #expect(try Self.read(padded(TunnelDocuments.limit)).id == 1)
        let refusal = #expect(throws: TunnelRefusal.self) { try Self.read(padded(TunnelDocuments.limit + 1)) }
        #expect(refusal == TunnelRefusal.notJSON("too large document"))
        let deep = #expect(throws: TunnelRefusal.self) { try Self.read(String(repeating: "[", count: 100)) }
        #expect(deep == TunnelRefusal.notJSON("too deeply nested document"))
    }

    @Test func requestCutAnywhere_IsRefusedWithoutANumber() {
        for cut in Damage.beginnings(of: Array(Self.authenticate.utf8)) {
            let refusal = #expect(throws: TunnelRefusal.self) {
                try TunnelRequest(parsing: cut, methods: TunnelMethod.rendezvous)
            }
            #expect(refusal?.id == -1 && refusal?.closeReason == "Invalid JSON data received.")
        }
    }

    @Test func parameters_AreInTheOrderOfTheChecks() {
        for method in TunnelMethod.rendezvous + TunnelMethod.proxy {
            #expect(method.parameters.map(\.name) == method.parameters.map(\.name).sorted())
            #expect(method.name.split(separator: ".").first.map(String.init) == String(method.namespace))
        }
        #expect(TunnelMethod.proxy.allSatisfy { $0.namespace != "Authentication" })
    }
}
