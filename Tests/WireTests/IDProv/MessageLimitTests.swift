import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// Sizes, counts and numbers of the provisioning messages at their limits, and whole messages of any content.
@Suite struct MessageLimitTests {
    private static func request(_ more: String) -> [UInt8] {
        Array(#"{"deviceID":"d","ip":"i","publicKeyPEM":"p"\#(more)}"#.utf8)
    }

    @Test func message_IsSixtyFourKibibytesAtMost() throws {
        let empty = Self.request(",\"x\":\"\"").count
        let largest = Self.request(",\"x\":\"" + String(repeating: "y", count: IDProv.bodyLimit - empty) + "\"")
        #expect(largest.count == IDProv.bodyLimit)
        #expect(try ProvisionRequest(parsing: largest).deviceID == "d")
        #expect(throws: MessageError.tooLarge(limit: IDProv.bodyLimit)) {
            try ProvisionRequest(parsing: largest + [0x20])
        }
        #expect(ProvisionRequest.blankingSignature(in: largest + [0x20]) == nil)
    }

    @Test func unknownMember_NestsSixteenLevelsWithTheMessage() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Self.request(
                ",\"x\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        }
        #expect(try ProvisionRequest(parsing: nested(15)).ip == "i")
        #expect(throws: MessageError.tooDeep(limit: 16)) { try ProvisionRequest(parsing: nested(16)) }
    }

    @Test func message_HasAThousandValuesAtMost() throws {
        // Itself, its three members and the array beside the elements.
        func long(_ count: Int) -> [UInt8] {
            Self.request(",\"x\":[" + Array(repeating: "0", count: count).joined(separator: ",") + "]")
        }
        #expect(try ProvisionRequest(parsing: long(1024 - 5)).ip == "i")
        #expect(throws: MessageError.tooManyValues(limit: 1024)) { try ProvisionRequest(parsing: long(1024 - 4)) }
    }

    @Test(arguments: ["ip", "mac"]) func address_Is128BytesAtMost(name: String) throws {
        for (count, isTaken) in [(128, true), (129, false)] {
            let address = String(repeating: "1", count: count)
            let request = ProvisionRequest(
                deviceID: "d", ip: name == "ip" ? address : "i", mac: name == "mac" ? address : "", publicKeyPEM: "p")
            let body = request.canonical(blankSignature: false)
            if isTaken {
                #expect(try ProvisionRequest(parsing: body) == request)
            } else {
                #expect(throws: MessageError.invalidMember(name)) { try ProvisionRequest(parsing: body) }
            }
        }
    }

    @Test(arguments: [("0", 0), ("1", 1), ("2147483647", 2_147_483_647), ("null", 0), ("2147483648", nil), ("-1", nil)])
    func retrySeconds_AreAWholeNumberOf31Bits(text: String, seconds: Int?) throws {
        let body = Array(#"{"retrySec":\#(text),"status":"Waiting"}"#.utf8)
        guard let seconds else {
            #expect(throws: MessageError.invalidMember("retrySec")) { try ProvisionResponse(parsing: body) }
            return
        }
        #expect(try ProvisionResponse(parsing: body) == ProvisionResponse(retrySec: seconds, status: .waiting))
    }

    @Test func repeatedMemberOfAnAnswer_IsRefused() {
        for (body, name) in [
            (#"{"retrySec":1,"retrySec":1,"status":"Waiting"}"#, "retrySec"),
            (#"{"status":"Waiting","status":"Approved"}"#, "status"),
            (#"{"status":"Approved","caCert":"a","caCert":"b"}"#, "caCert"),
        ] {
            #expect(throws: MessageError.duplicateMember(name)) { try ProvisionResponse(parsing: Array(body.utf8)) }
        }
    }

    /// Zero is left out, which is how the signature of an answer covers it.
    @Test func retrySecondsOfZero_AreNotWritten() {
        let answer = ProvisionResponse(status: .rejected, signature: "s")
        #expect(
            String(decoding: answer.canonical(blankSignature: true), as: UTF8.self)
                == #"{"status":"Rejected","caCert":"","clientCert":"","signature":""}"#)
        let waiting = ProvisionResponse(retrySec: 30, status: .waiting).canonical(blankSignature: false)
        #expect(String(decoding: waiting, as: UTF8.self).hasPrefix(#"{"retrySec":30,"status":"Waiting","#))
    }

    /// Both readings of docs/protocols/idprov.md 7 are the same bytes for what our ends send.
    @Test(arguments: 1...3 as ClosedRange<UInt64>) func bothReadingsOfACanonicalMessage_Agree(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<300 {
            let request = ProvisionRequest(
                deviceID: "d", ip: "i" + generator.text(0...20), mac: generator.text(0...20),
                publicKeyPEM: "p" + generator.text(0...60), signature: generator.text(0...44))
            let body = request.canonical(blankSignature: false)
            #expect(try ProvisionRequest(decoding: body) == request)
            #expect(ProvisionRequest.blankingSignature(in: body) == request.canonical(blankSignature: true))
            let answer = ProvisionResponse(
                retrySec: Int.random(in: 0...600, using: &generator),
                status: generator.pick([.approved, .waiting, .rejected]), caCert: generator.text(0...40),
                clientCert: generator.text(0...40), signature: generator.text(0...44))
            let sent = answer.canonical(blankSignature: false)
            #expect(try ProvisionResponse(parsing: sent) == answer)
            #expect(ProvisionResponse.blankingSignature(in: sent) == answer.canonical(blankSignature: true))
        }
    }

    @Test(arguments: [(0, 30), (600, 30), (619, 30), (620, 31), (2000, 100), (12_000, 600), (1_000_000, 600)])
    func pollInterval_GrowsWithThoseWhoWait(waiting: Int, seconds: Int) {
        #expect(IDProv.pollSeconds(waiting: waiting) == seconds)
    }
}
