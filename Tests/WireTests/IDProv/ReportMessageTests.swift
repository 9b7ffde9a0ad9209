import BaseTestSupport
internal import Encoding
import Testing
import Wire

/// The answer about a device's status, and what a device reports of other hubs.
@Suite struct ReportMessageTests {
    private static let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    @Test func statusAnswer_TakesPEMInBothForms() throws {
        let quoted = Self.pem.split(separator: "\n").joined(separator: "\\n") + "\\n"
        for certificate in [quoted, Base64.encode(Array(Self.pem.utf8))] {
            let body = #"{"deviceID":"d","status":"Approved","caCert":"c","clientCert":"\#(certificate)","x":[]}"#
            #expect(try StatusResponse(parsing: Array(body.utf8)).clientCert == Self.pem)
        }
        for (body, error) in [
            (#"{"status":"Approved"}"#, MessageError.missingMember("deviceID")),
            (#"{"deviceID":"d"}"#, .missingMember("status")),
            (#"{"deviceID":"d","status":"Pending"}"#, .invalidMember("status")),
            (#"{"deviceID":"d","status":"Approved","clientCert":"x"}"#, .invalidMember("clientCert")),
            (#"{"deviceID":"d","status":"Approved","clientCert":{}}"#, .wrongType("clientCert")), ("[]", .notAnObject),
        ] {
            #expect(throws: error, "\(body)") { try StatusResponse(parsing: Array(body.utf8)) }
        }
    }

    @Test func report_SaysWhatAndWhere() throws {
        let report = HubReport(kind: .fakeHub, detail: "10.0.0.9 <shows> another certificate")
        #expect(
            String(decoding: report.encoded(), as: UTF8.self)
                == #"{"kind":"fakeHub","detail":"10.0.0.9 \u003cshows\u003e another certificate"}"#)
        #expect(try HubReport(parsing: report.encoded()) == report)
        #expect(try HubReport(parsing: Array(#"{"kind":"fakeHub"}"#.utf8)).detail.isEmpty)
        #expect(throws: MessageError.invalidMember("kind")) {
            try HubReport(parsing: Array(#"{"kind":"other"}"#.utf8))
        }
        #expect(throws: MessageError.missingMember("kind")) { try HubReport(parsing: Array("{}".utf8)) }
    }

    @Test func report_IsFourKibibytesAtMost() throws {
        let frame = HubReport(kind: .fakeHub, detail: "").encoded().count
        let largest = HubReport(kind: .fakeHub, detail: String(repeating: "d", count: HubReport.bodyLimit - frame))
        #expect(try HubReport(parsing: largest.encoded()) == largest)
        #expect(throws: MessageError.tooLarge(limit: HubReport.bodyLimit)) {
            try HubReport(parsing: largest.encoded() + [0x20])
        }
    }

    @Test func messageCutAnywhere_IsRefused() {
        let status = StatusResponse(deviceID: "d", status: .approved, caCert: Self.pem, clientCert: Self.pem)
        for cut in Damage.beginnings(of: status.encoded()) {
            #expect(throws: MessageError.self) { try StatusResponse(parsing: cut) }
        }
        for cut in Damage.beginnings(of: HubReport(kind: .fakeHub, detail: "d").encoded()) {
            #expect(throws: MessageError.self) { try HubReport(parsing: cut) }
        }
        for cut in Damage.beginnings(of: OOBSecretPost(deviceID: "d", oobSecret: "s").encoded()) {
            #expect(throws: MessageError.self) { try OOBSecretPost(parsing: cut) }
        }
    }

    /// The secret is used byte for byte: whatever was written is read again.
    @Test(arguments: 1...2 as ClosedRange<UInt64>) func secret_ComesThroughByteForByte(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<300 {
            let post = OOBSecretPost(deviceID: "d", oobSecret: "s" + generator.text(0...50), validUntil: "2030-01-01")
            let read = try OOBSecretPost(parsing: post.encoded())
            #expect(read.oobSecret.utf8.elementsEqual(post.oobSecret.utf8) && read == post)
        }
    }
}
