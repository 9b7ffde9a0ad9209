import BaseTestSupport
import Encoding
import Testing
import Wire

/// The messages of docs/protocols/secure-pairing.md section 5, in both directions.
@Suite struct PairingMessageTests {
    private static let suite = "SPAKE2+-P256-SHA256-HKDF-SHA256-HMAC-SHA256"
    private static let nonce = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

    static let request = PairingRequest.parameters(
        deviceID: "sensor-0001", suites: [suite], clientNonce: nonce,
        publicKeyPEM: "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n")
    static let requestText =
        #"{"step":"params","deviceID":"sensor-0001","suites":["\#(suite)"],"clientNonce":"\#(nonce)","#
        + #""publicKeyPEM":"-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n"}"#

    static let offer = PairingOffer.parameters(
        PairingOffer.Parameters(
            session: "c2Vzc2lvbi0wMDAxLXRlcw", suite: suite, algorithm: "PBKDF2-HMAC-SHA256", iterations: 10_000,
            salt: "AAECAwQFBgcICQoLDA0ODw", hubNonce: "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8",
            hubID: "hub-5f1c7f60", binding: "tls-server-end-point", expiresSeconds: 60))
    static let offerText =
        #"{"session":"c2Vzc2lvbi0wMDAxLXRlcw","suite":"\#(suite)","#
        + #""pbkdf":{"alg":"PBKDF2-HMAC-SHA256","iterations":10000,"salt":"AAECAwQFBgcICQoLDA0ODw"},"#
        + #""hubNonce":"ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8","hubID":"hub-5f1c7f60","#
        + #""binding":"tls-server-end-point","expiresSec":60}"#

    @Test func request_IsTheExampleOfTheProtocol() throws {
        #expect(String(decoding: Self.request.encoded(), as: UTF8.self) == Self.requestText)
        #expect(try PairingRequest(parsing: Array(Self.requestText.utf8)) == Self.request)
        let share = PairingRequest.share(session: "s", shareP: "p")
        #expect(String(decoding: share.encoded(), as: UTF8.self) == #"{"step":"share","session":"s","shareP":"p"}"#)
        #expect(try PairingRequest(parsing: share.encoded()) == share)
    }

    @Test func offer_IsTheExampleOfTheProtocol() throws {
        #expect(String(decoding: Self.offer.encoded(), as: UTF8.self) == Self.offerText)
        #expect(try PairingOffer(parsing: Array(Self.offerText.utf8)) == Self.offer)
    }

    @Test(arguments: [0, 1, 60, Int(Int32.max)]) func waiting_SaysWhenToAskAgain(seconds: Int) throws {
        let offer = PairingOffer.waiting(retrySeconds: seconds)
        #expect(String(decoding: offer.encoded(), as: UTF8.self) == #"{"status":"Waiting","retrySec":\#(seconds)}"#)
        #expect(try PairingOffer(parsing: offer.encoded()) == offer)
    }

    @Test func waitingWithoutANumber_LeavesTheTimeToTheDevice() throws {
        for body in [#"{"status":"Waiting"}"#, #"{"status":"Waiting","retrySec":"60"}"#] {
            #expect(try PairingOffer(parsing: Array(body.utf8)) == .waiting(retrySeconds: 0))
        }
    }

    private static let refusedRequests: [(body: String, error: MessageError)] = [
        ("[]", .notAnObject), ("{}", .missingMember("step")), (#"{"step":"Params"}"#, .invalidMember("step")),
        (#"{"step":1}"#, .wrongType("step")), (#"{"step":"share","shareP":"p"}"#, .missingMember("session")),
        (#"{"step":"share","session":"s","shareP":""}"#, .missingMember("shareP")),
        (#"{"step":"share","session":"s","session":"t","shareP":"p"}"#, .duplicateMember("session")),
        (#"{"step":"params","suites":["a"]}"#, .missingMember("deviceID")),
        (#"{"step":"params","deviceID":"a\n","suites":["a"]}"#, .invalidMember("deviceID")),
        (#"{"step":"params","deviceID":"a"}"#, .missingMember("suites")),
        (#"{"step":"params","deviceID":"a","suites":[]}"#, .missingMember("suites")),
        (#"{"step":"params","deviceID":"a","suites":["s"],"publicKeyPEM":"p"}"#, .missingMember("clientNonce")),
        (#"{"step":"params","deviceID":"a","suites":["s"],"clientNonce":"n"}"#, .missingMember("publicKeyPEM")),
    ]

    @Test func incompleteRequest_SaysWhatIsMissing() {
        for (body, error) in Self.refusedRequests {
            #expect(throws: error, "\(body)") { try PairingRequest(parsing: Array(body.utf8)) }
        }
    }

    @Test func suites_AreSixteenTextsAtMost() throws {
        func request(_ count: Int) -> PairingRequest {
            .parameters(
                deviceID: "d", suites: (0..<count).map { "suite \($0)" }, clientNonce: "n", publicKeyPEM: "p")
        }
        #expect(try PairingRequest(parsing: request(16).encoded()) == request(16))
        #expect(throws: MessageError.invalidMember("suites")) { try PairingRequest(parsing: request(17).encoded()) }
        for suites in ["\"a\"", "[1]", "[null]", "[[\"a\"]]", "{}"] {
            let body = #"{"step":"params","deviceID":"d","suites":\#(suites),"clientNonce":"n","publicKeyPEM":"p"}"#
            #expect(throws: MessageError.self, "\(suites)") { try PairingRequest(parsing: Array(body.utf8)) }
        }
    }

    @Test(arguments: ["session", "suite", "alg", "iterations", "salt", "hubNonce", "hubID", "binding", "expiresSec"])
    func offerWithoutOneOfItsMembers_IsRefused(name: String) {
        let body = Self.offerText.replacingFirst("\"\(name)\"", with: "\"x\"")
        #expect(throws: MessageError.self) { try PairingOffer(parsing: Array(body.utf8)) }
    }

    @Test func numbersOfAnOffer_AreWholeOnes() throws {
        for (given, taken) in [("-1", -1), ("9223372036854775807", Int.max)] {
            let body = Self.offerText.replacingFirst("10000", with: given)
            guard case .parameters(let read) = try PairingOffer(parsing: Array(body.utf8)) else {
                Issue.record("no parameters")
                return
            }
            #expect(read.iterations == taken)
        }
        for given in ["1e4", "10000.0", "\"10000\"", "9223372036854775808", "null"] {
            let body = Self.offerText.replacingFirst("10000", with: given)
            #expect(throws: MessageError.missingMember("pbkdf")) { try PairingOffer(parsing: Array(body.utf8)) }
        }
    }

    @Test func proof_HasBothParts() throws {
        let proof = PairingProof(shareV: "v", confirmV: "c")
        #expect(String(decoding: proof.encoded(), as: UTF8.self) == #"{"shareV":"v","confirmV":"c"}"#)
        #expect(try PairingProof(parsing: proof.encoded()) == proof)
        #expect(throws: MessageError.missingMember("confirmV")) {
            try PairingProof(parsing: Array(#"{"shareV":"v"}"#.utf8))
        }
        #expect(throws: MessageError.missingMember("shareV")) {
            try PairingProof(parsing: Array(#"{"shareV":"","confirmV":"c"}"#.utf8))
        }
    }

    /// A connection that ends early leaves no message, whatever was received.
    @Test func messageCutAnywhere_IsRefused() {
        for cut in Damage.beginnings(of: Self.request.encoded()) {
            #expect(throws: MessageError.self) { try PairingRequest(parsing: cut) }
        }
        for cut in Damage.beginnings(of: Self.offer.encoded()) {
            #expect(throws: MessageError.self) { try PairingOffer(parsing: cut) }
        }
        for cut in Damage.beginnings(of: PairingProof(shareV: "v", confirmV: "c").encoded()) {
            #expect(throws: MessageError.self) { try PairingProof(parsing: cut) }
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func anyText_ComesThrough(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<300 {
            let request = PairingRequest.parameters(
                deviceID: "d", suites: [generator.text(0...9), generator.text(0...9)],
                clientNonce: "n" + generator.text(0...40), publicKeyPEM: "p" + generator.text(0...40))
            #expect(try PairingRequest(parsing: request.encoded()) == request)
            let proof = PairingProof(shareV: "v" + generator.text(0...20), confirmV: "c" + generator.text(0...20))
            #expect(try PairingProof(parsing: proof.encoded()) == proof)
        }
    }
}
