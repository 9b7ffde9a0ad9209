internal import Encoding
import Foundation
import Testing

@testable import Wire

@Suite struct IDProvMessageTests {
    static let signing = (try? Vectors.load("signing", as: Vectors.Signing.self))?.cases ?? []
    static let requests = (try? Vectors.load("requests", as: Vectors.Requests.self))?.cases ?? []
    static let responses = (try? Vectors.load("responses", as: Vectors.Responses.self))?.cases ?? []

    @Test func vectors_AreThere() {
        #expect(Self.signing.count == 15)
        #expect(Self.requests.count == 27)
        #expect(Self.responses.count == 8)
    }

    @Test(arguments: signing) func signedMessage_HasTheCanonicalForm(_ vector: Vectors.Signing.Case) throws {
        let message = vector.message
        var request = ProvisionRequest(
            deviceID: message.deviceID, ip: message.ip, mac: message.mac, publicKeyPEM: message.publicKeyPEM)
        #expect(String(decoding: request.canonical(blankSignature: true), as: UTF8.self) == vector.canonical)
        request.signature = vector.signature
        #expect(String(decoding: request.canonical(blankSignature: false), as: UTF8.self) == vector.wireBody)
        #expect(try ProvisionRequest(decoding: Array(vector.wireBody.utf8)) == request)
        #expect(ProvisionRequest.blankingSignature(in: Array(vector.wireBody.utf8)) == Array(vector.canonical.utf8))
    }

    /// 400 comes from the parser for all cases but one: the key is looked at after the signature.
    @Test(arguments: requests) func requestBody_IsReadOrRefusedAsListed(_ vector: Vectors.Requests.Case) throws {
        let body = Array(vector.rawBody.utf8)
        if vector.expectHTTP == 400, vector.name != "public key not PEM" {
            #expect(throws: MessageError.self) { try ProvisionRequest(parsing: body) }
        } else {
            let request = try ProvisionRequest(parsing: body)
            #expect(try ProvisionRequest(parsing: request.canonical(blankSignature: false)) == request)
        }
    }

    @Test(arguments: responses) func response_HasTheCanonicalForm(_ vector: Vectors.Responses.Case) throws {
        let response = try ProvisionResponse(parsing: Array(vector.rawBody.utf8))
        #expect(response.canonical(blankSignature: false) == Array(vector.rawBody.utf8))
        guard let canonical = vector.canonical else { return }
        #expect(response.canonical(blankSignature: true) == Array(canonical.utf8))
    }

    @Test(arguments: ["deviceID", "ip", "mac", "publicKeyPEM", "signature"])
    func duplicateMember_IsRefused(_ name: String) {
        let text = #"{"deviceID":"d","ip":"i","mac":"","publicKeyPEM":"p","signature":"","\#(name)":"x"}"#
        #expect(throws: MessageError.duplicateMember(name)) { try ProvisionRequest(parsing: Array(text.utf8)) }
    }

    @Test func duplicateMember_IsRecognisedBehindEscapes() {
        let text = #"{"deviceID":"d","ip":"i","publicKeyPEM":"p","signature":"a","signatur\u0065":"b"}"#
        #expect(throws: MessageError.duplicateMember("signature")) { try ProvisionRequest(parsing: Array(text.utf8)) }
    }

    @Test func memberThatOnlyLooksAlike_IsUnknown() throws {
        let text = #"{"deviceID":"d","ip":"i","publicKeyPEM":"p","public\u212aeyPEM":"other"}"#
        #expect(try ProvisionRequest(parsing: Array(text.utf8)).publicKeyPEM == "p")
        #expect(!DeviceID.isSame("K1", "\u{212A}1"))
    }

    @Test(
        arguments: [
            (#"{"signature":"abc"}"#, #"{"signature":""}"#),
            (
                #"{ "x" : {"signature":"in"}, "signature" : "a\"b" }"#,
                #"{ "x" : {"signature":"in"}, "signature" : "" }"#
            ),
            (#"{"signatur\u0065":"abc","z":1}"#, #"{"signatur\u0065":"","z":1}"#),
            (#"{"signature":"one","signature":"two"}"#, #"{"signature":"","signature":"two"}"#),
        ])
    func rawReading_BlanksTheFirstTopLevelSignature(_ body: String, _ expected: String) {
        #expect(ProvisionRequest.blankingSignature(in: Array(body.utf8)) == Array(expected.utf8))
    }

    @Test(arguments: [
        #"{"signature":5}"#, #"{"a":1}"#, "[]", "", #"{"signature":"x""#, #"{"signature":null,"signature":"x"}"#,
    ])
    func rawReading_IsNilWithoutAStringSignature(_ body: String) {
        #expect(ProvisionRequest.blankingSignature(in: Array(body.utf8)) == nil)
    }

    @Test func absentAndNullTexts_ReadAsEmpty() throws {
        let text = #"{"deviceID":"d","ip":"i","mac":null,"publicKeyPEM":"p","signature":null}"#
        let request = try ProvisionRequest(parsing: Array(text.utf8))
        #expect(request.mac.isEmpty && request.signature.isEmpty)
    }

    @Test(arguments: ["-1", "1.5", "1e3", "\"5\"", "4294967296", "true"])
    func retrySeconds_OutsideTheRuleAreRefused(_ value: String) {
        let text = #"{"retrySec":\#(value),"status":"Waiting"}"#
        #expect(throws: MessageError.self) { try ProvisionResponse(parsing: Array(text.utf8)) }
    }

    @Test func unknownStatus_IsRefused() {
        #expect(throws: MessageError.invalidMember("status")) {
            try ProvisionResponse(parsing: Array(#"{"status":"approved"}"#.utf8))
        }
    }

    @Test(arguments: [
        ("", false), ("d", true), (String(repeating: "d", count: 64), true),
        (String(repeating: "é", count: 64), true), (String(repeating: "d", count: 65), false),
        ("a\nb", false), ("a\u{7F}b", false), ("a\u{85}b", false), ("a/../b", true), ("温度", true),
    ])
    func deviceID_FollowsTheRule(_ id: String, _ valid: Bool) {
        #expect(DeviceID.isValid(id) == valid)
    }

    @Test func longAddress_IsRefused() {
        let request = ProvisionRequest(deviceID: "d", ip: String(repeating: "1", count: 129), publicKeyPEM: "p")
        #expect(throws: MessageError.invalidMember("ip")) {
            try ProvisionRequest(parsing: request.canonical(blankSignature: false))
        }
    }

    @Test func secretPost_IsReadAndHidden() throws {
        let post = OOBSecretPost(deviceID: "AA:BB:CC:DD:EE:FF", oobSecret: "12345678")
        #expect(try OOBSecretPost(parsing: post.encoded()) == post)
        #expect(
            String(decoding: post.encoded(), as: UTF8.self)
                == #"{"deviceID":"AA:BB:CC:DD:EE:FF","oobSecret":"12345678","validUntil":""}"#)
        #expect(!"\(post)".contains("12345678"))
        #expect(!String(reflecting: Mirror(reflecting: post).children.map { "\($0.value)" }).contains("12345678"))
    }

    @Test(arguments: [
        #"{"deviceID":"d"}"#, #"{"deviceID":"","oobSecret":"x"}"#, #"{"deviceID":"d","oobSecret":""}"#,
        #"{"deviceID":"a\u0000","oobSecret":"x"}"#, "{}", "[]",
    ])
    func secretPost_WithoutItsMembersIsRefused(_ body: String) {
        #expect(throws: MessageError.self) { try OOBSecretPost(parsing: Array(body.utf8)) }
    }

    @Test func statusAnswer_WrapsTheCertificateInBase64() throws {
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        let answer = StatusResponse(deviceID: "d1", status: .approved, caCert: pem, clientCert: pem)
        let text = String(decoding: answer.encoded(), as: UTF8.self)
        #expect(text.contains(#""clientCert":"\#(Data(pem.utf8).base64EncodedString())""#))
        #expect(try StatusResponse(parsing: answer.encoded()) == answer)
        let waiting = StatusResponse(deviceID: "d1", status: .waiting, caCert: pem, clientCert: nil)
        #expect(String(decoding: waiting.encoded(), as: UTF8.self).hasSuffix(#""clientCert":null}"#))
        #expect(try StatusResponse(parsing: waiting.encoded()) == waiting)
    }

    @Test func depthOfAValueNobodyKnows_IsLimited() {
        let flood = [UInt8](repeating: UInt8(ascii: "["), count: 60000)
        #expect(throws: MessageError.tooDeep(limit: 16)) {
            try ProvisionRequest(parsing: Array("{\"x\":".utf8) + flood)
        }
    }

    @Test func everyPrefixAndEveryFlippedByte_EndsWithoutTrap() throws {
        let document = Array(
            #"{"deviceID":"d\u00e9\ud83d\udd11","ip":"1","publicKeyPEM":"p\n","x":[1,{"a":-1.5e3}],"signature":"s"}"#
                .utf8)
        for count in 0..<document.count {
            #expect(throws: MessageError.self) { try ProvisionRequest(parsing: Array(document[..<count])) }
            for replacement in [0x00, 0x22, 0x5C, 0x7B, 0xFF] as [UInt8] {
                var changed = document
                changed[count] = replacement
                _ = try? ProvisionRequest(parsing: changed)
                _ = ProvisionRequest.blankingSignature(in: changed)
            }
        }
    }
}
