import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// What a tunnel server says, byte for byte as it was recorded (docs/protocols/tunnel.md A3, A4, B4).
@Suite struct TunnelMessageTests {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func rendezvous_AnswersAsRecorded() {
        #expect(
            Self.text(TunnelMessages.hello(0, apiVersion: "0.3", name: "my-proxy", version: "0.1.5"))
                == #"{"id":0,"params":{"apiVersion":"0.3","name":"my-proxy","server":"nymea-remoteproxy","#
                + #""version":"0.1.5"},"status":"success"}"# + "\n")
        #expect(
            Self.text(TunnelMessages.authentication(0, .noError))
                == #"{"id":0,"params":{"authenticationError":"AuthenticationErrorNoError"},"status":"success"}"# + "\n")
        #expect(
            Self.text(TunnelMessages.authentication(7, .authenticationFailed))
                == #"{"error":"Invalid token. You are not allowed to use this server.","id":7,"#
                + #""params":{"authenticationError":"AuthenticationErrorAuthenticationFailed"},"status":"success"}"#
                + "\n")
        #expect(
            Self.text(
                TunnelMessages.tunnelEstablished(0, name: "second", uuid: "{22222222-2222-2222-2222-222222222222}"))
                == #"{"id":0,"notification":"RemoteProxy.TunnelEstablished","params":{"name":"second","#
                + #""uuid":"{22222222-2222-2222-2222-222222222222}"}}"# + "\n")
    }

    @Test(arguments: [TunnelAuthenticationError.unknown, .timeout, .aborted, .proxyError])
    func otherRefusals_HaveNoText(outcome: TunnelAuthenticationError) {
        #expect(
            Self.text(TunnelMessages.authentication(1, outcome))
                == #"{"id":1,"params":{"authenticationError":"\#(outcome.rawValue)"},"status":"success"}"# + "\n")
    }

    @Test func refusal_IsAnAnswerWithItsText() throws {
        let refusal = TunnelRefusal(1, .params("Forbidden key \"a\" in {\n    \"a\": 1\n}\n"))
        #expect(
            Self.text(TunnelMessages.failure(refusal))
                == #"{"error":"Invalid params: Forbidden key \"a\" in {\n    \"a\": 1\n}\n","id":1,"status":"error"}"#
                + "\n")
        #expect(
            Self.text(TunnelMessages.failure(.missingID))
                == #"{"error":"Error parsing command. Missing 'id'","id":-1,"status":"error"}"# + "\n")
        let timeout = TunnelRefusal(7, .timeout)
        #expect(timeout.closeReason == "API call timeouted.")
        #expect(
            Self.text(TunnelMessages.failure(timeout)) == #"{"error":"Command timed out","id":7,"status":"error"}"#
                + "\n")
    }

    @Test func proxy_AnswersAsRecorded() throws {
        #expect(
            Self.text(TunnelMessages.proxy(0, .noError, slipEnabled: true))
                == #"{"id":0,"params":{"slipEnabled":true,"tunnelProxyError":"TunnelProxyErrorNoError"},"#
                + #""status":"success"}"# + "\n")
        #expect(
            Self.text(TunnelMessages.proxy(10, .noError))
                == #"{"id":10,"params":{"tunnelProxyError":"TunnelProxyErrorNoError"},"status":"success"}"# + "\n")
        #expect(
            Self.text(TunnelMessages.ping(9, timestamp: .number("1234")))
                == #"{"id":9,"params":{"timestamp":1234},"status":"success"}"# + "\n")
        let uuid = try #require(TunnelUUID("cccccccc-0000-4000-8000-000000000001"))
        let connected = TunnelMessages.clientConnected(
            0, name: "cli", uuid: uuid, peerAddress: "127.0.0.1", socketAddress: 1)
        #expect(
            Self.text(connected)
                == #"{"id":0,"notification":"TunnelProxy.ClientConnected","params":{"clientName":"cli","#
                + #""clientPeerAddress":"127.0.0.1","clientUuid":"{cccccccc-0000-4000-8000-000000000001}","#
                + #""socketAddress":1}}"# + "\n")
        // As it goes over the wire: in a frame for address 0.
        #expect(SLIP.frame(address: 0, connected) == [0, 0] + connected + [0xC0])
        #expect(
            Self.text(TunnelMessages.clientDisconnected(1, socketAddress: 65534))
                == #"{"id":1,"notification":"TunnelProxy.ClientDisconnected","params":{"socketAddress":65534}}"# + "\n")
    }

    /// A ping's value comes back as it came, whatever it is (B3).
    @Test(arguments: ["1234", "-1.50e3", "\"text\"", "null", "true"]) func pingsValue_ComesBack(value: String) throws {
        let request = try TunnelRequest(
            parsing: Array(#"{"id":1,"method":"TunnelProxy.Ping","params":{"timestamp":\#(value)}}"#.utf8),
            methods: TunnelMethod.proxy)
        let answer = TunnelMessages.ping(request.id, timestamp: request.params["timestamp"] ?? .null)
        #expect(Self.text(answer) == #"{"id":1,"params":{"timestamp":\#(value)},"status":"success"}"# + "\n")
    }

    @Test func wordsOfTheProtocol_AreInItsOrder() {
        #expect(
            TunnelProxyError.allCases.map(\.rawValue) == [
                "TunnelProxyErrorNoError", "TunnelProxyErrorInvalidUuid", "TunnelProxyErrorInternalServerError",
                "TunnelProxyErrorServerNotFound", "TunnelProxyErrorForbiddenCall",
                "TunnelProxyErrorAlreadyRegistered", "TunnelProxyErrorNotRegistered",
                "TunnelProxyErrorUnknownSocketAddress", "TunnelProxyErrorAuthenticationFailed",
            ])
        #expect(
            TunnelAuthenticationError.allCases.map(\.rawValue) == [
                "AuthenticationErrorNoError", "AuthenticationErrorUnknown", "AuthenticationErrorTimeout",
                "AuthenticationErrorAborted", "AuthenticationErrorAuthenticationFailed",
                "AuthenticationErrorProxyError",
            ])
    }

    private static let value = JSONValue.object([
        .init("b", .array([.number("1.50"), .null, .bool(true)])), .init("a", .object([])),
        .init("Z", .string("\u{1}")),
        .init("aa", .array([])),
    ])

    @Test func json_IsSortedCompactOrIndented() {
        #expect(Self.text(TunnelJSON.compact(Self.value)) == #"{"Z":"\u0001","a":{},"aa":[],"b":[1.50,null,true]}"#)
        #expect(
            Self.text(TunnelJSON.indented(Self.value)) == """
                {
                    "Z": "\\u0001",
                    "a": {
                    },
                    "aa": [
                    ],
                    "b": [
                        1.50,
                        null,
                        true
                    ]
                }

                """)
    }

    @Test(arguments: [
        ("\"\\/", #""\"\\/""#), ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#), ("\u{0}\u{1F}", #""\u0000\u001f""#),
        ("<&>\u{2028}é\u{7F}", "\"<&>\u{2028}é\u{7F}\""),
    ])
    func text_IsEscapedWhereJSONDemandsIt(text: String, json: String) {
        #expect(Self.text(TunnelJSON.compact(.string(text))) == json)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func json_IsReadAsItWasWritten(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<300 {
            let value = JSONValue.object([
                .init("a" + generator.text(0...9), .string(generator.text(0...30))),
                .init("b" + generator.text(0...9), .array([.string(generator.text(0...9)), .number("-0.5")])),
            ])
            #expect(try JSONValue(parsing: TunnelJSON.compact(value)) == value)
            #expect(try JSONValue(parsing: TunnelJSON.indented(value)) == value)
        }
    }
}
