import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// docs/protocols/mender.md 3: what a device shows to get a token, and which two requests are of one device.
@Suite struct DeviceAuthenticationTests {
    /// The body of 3.2, 212 bytes with its line end.
    private static let example =
        #"{"id_data":"{\"mac\":\"02:00:00:00:00:01\",\"serial\":\"SN-1\"}","tenant_token":"","#
        + #""pubkey":"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n"#
        + #"-----END PUBLIC KEY-----\n"}"# + "\n"

    @Test func exampleOfTheProtocol_IsRead() throws {
        let body = Array(Self.example.utf8)
        #expect(body.count == 212)
        let read = try DeviceAuthentication(parsing: body)
        #expect(read.identity == #"{"mac":"02:00:00:00:00:01","serial":"SN-1"}"#)
        #expect(read.publicKey.utf8.starts(with: "-----BEGIN PUBLIC KEY-----\nMCow".utf8))
        #expect(read.tier == "standard")
        #expect(try DeviceAuthentication(parsing: read.encoded()) == read)
    }

    @Test func bodyCutAnywhere_IsRefused() {
        for cut in Damage.beginnings(of: Array(Self.example.utf8.dropLast())) {
            #expect(throws: MessageError.self) { try DeviceAuthentication(parsing: cut) }
        }
    }

    private static let refusals: [(body: String, error: MessageError)] = [
        ("[]", .notAnObject), ("{}", .missingMember("id_data")), (#"{"id_data":null}"#, .missingMember("id_data")),
        (#"{"id_data":{"mac":"a"},"pubkey":"p"}"#, .wrongType("id_data")),
        (#"{"id_data":"{}","pubkey":"p"}"#, .invalidMember("id_data")),
        (#"{"id_data":"[1]","pubkey":"p"}"#, .invalidMember("id_data")),
        (#"{"id_data":"mac","pubkey":"p"}"#, .invalidMember("id_data")),
        (#"{"id_data":"{\"a\":1}"}"#, .missingMember("pubkey")),
        (#"{"id_data":"{\"a\":1}","pubkey":""}"#, .missingMember("pubkey")),
        (#"{"id_data":"{\"a\":1}","pubkey":"p","pubkey":"q"}"#, .duplicateMember("pubkey")),
        (#"{"id_data":"{\"a\":1}","pubkey":"p","tier":1}"#, .wrongType("tier")),
        (#"{"id_data":"{\"a\":1}","pubkey":"p","tenant_token":1}"#, .wrongType("tenant_token")),
    ]

    @Test func bodyThatIsNone_SaysWhatIsWrong() {
        for (body, error) in Self.refusals {
            #expect(throws: error, "\(body)") { try DeviceAuthentication(parsing: Array(body.utf8)) }
        }
    }

    @Test(arguments: [
        ("\"micro\"", "micro"), ("\"system\"", "system"), ("\"standard\"", "standard"), ("\"Micro\"", "standard"),
        ("\"\"", "standard"), ("null", "standard"),
    ])
    func tierNobodyKnows_IsTheStandard(text: String, tier: String) throws {
        let body = #"{"id_data":"{\"a\":1}","pubkey":"p","tier":\#(text)}"#
        #expect(try DeviceAuthentication(parsing: Array(body.utf8)).tier == tier)
    }

    @Test func identity_IsEightKibibytesAtMost() throws {
        let frame = #"{"a":""}"#.utf8.count
        for (count, isTaken) in [
            (DeviceAuthentication.identityLimit, true), (DeviceAuthentication.identityLimit + 1, false),
        ] {
            let identity = #"{"a":"\#(String(repeating: "x", count: count - frame))"}"#
            let body = DeviceAuthentication(identity: identity, publicKey: "p").encoded()
            if isTaken {
                #expect(try DeviceAuthentication(parsing: body).identity == identity)
            } else {
                #expect(throws: MessageError.invalidMember("id_data")) { try DeviceAuthentication(parsing: body) }
            }
        }
    }

    @Test func identity_HasEightLevelsAnd256ValuesAtMost() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)).utf8)
        }
        #expect(try DeviceAuthentication.canonicalIdentity(nested(8)) == String(decoding: nested(8), as: UTF8.self))
        #expect(throws: MessageError.invalidMember("id_data")) { try DeviceAuthentication.canonicalIdentity(nested(9)) }
        func wide(_ count: Int) -> [UInt8] {
            Array(#"{"a":[\#(Array(repeating: "1", count: count).joined(separator: ","))]}"#.utf8)
        }
        #expect(try DeviceAuthentication.canonicalIdentity(wide(254)).utf8.count == wide(254).count)
        #expect(throws: MessageError.invalidMember("id_data")) {
            try DeviceAuthentication.canonicalIdentity(wide(255))
        }
    }

    private static let canonical: [(given: String, form: String)] = [
        (#" { "b" : 1 , "a" : "x" } "#, #"{"a":"x","b":1}"#), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
        (#"{"b":{"d":1,"c":[{"z":1,"y":2}]},"a":null}"#, #"{"a":null,"b":{"c":[{"y":2,"z":1}],"d":1}}"#),
        (#"{"a":"A"}"#, #"{"a":"A"}"#), (#"{"Z":1,"a":1,"é":1}"#, #"{"Z":1,"a":1,"é":1}"#),
        (#"{"a":1.50}"#, #"{"a":1.50}"#), (#"{"a":["b","a"]}"#, #"{"a":["b","a"]}"#),
    ]

    @Test func identity_HasOneForm() throws {
        for (given, form) in Self.canonical {
            #expect(try DeviceAuthentication.canonicalIdentity(Array(given.utf8)) == form)
            #expect(try DeviceAuthentication.canonicalIdentity(Array(form.utf8)) == form)
        }
    }

    /// The same members in any order are one device; another value makes another.
    @Test(arguments: 1...3 as ClosedRange<UInt64>) func orderOfMembers_MakesNoOtherDevice(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<200 {
            var members = (0..<Int.random(in: 1...8, using: &generator)).map {
                JSONValue.Member("\($0)" + generator.text(0...4), .string(generator.text(0...10)))
            }
            let form = try DeviceAuthentication.canonicalIdentity(JSONValue.object(members).encoded())
            members.shuffle(using: &generator)
            #expect(try DeviceAuthentication.canonicalIdentity(JSONValue.object(members).encoded()) == form)
            members[0] = JSONValue.Member(members[0].name, .string("another value"))
            #expect(try DeviceAuthentication.canonicalIdentity(JSONValue.object(members).encoded()) != form)
        }
    }
}
