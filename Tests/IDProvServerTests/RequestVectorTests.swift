internal import Encoding
import Foundation
import HTTPTypes
import PKI
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing
import Wire

/// Cases of the request vectors: raw bodies and what the hub must answer.
private struct RequestVectors: Decodable {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
        var name: String
        var secret: String
        var rawBody: String
        var expectHTTP: Int
        var expectStatus: String?
        var acceptedReading: String?
        var testDescription: String { name }
    }

    var deviceID: String
    var cases: [Case]

    static func load() throws -> RequestVectors {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("WireTests/Vectors/idprov/requests.json")
        return try JSONDecoder().decode(RequestVectors.self, from: Data(contentsOf: file))
    }
}

@Suite struct RequestVectorTests {
    @Test(arguments: try RequestVectors.load().cases)
    fileprivate func eachVector_GetsItsAnswer(_ vector: RequestVectors.Case) async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret(vector.secret, for: try RequestVectors.load().deviceID)
        let answer = try await rig.network.send(.post, "/idprov/provreq", body: Array(vector.rawBody.utf8))
        #expect(answer.status.code == vector.expectHTTP)
        guard let expected = vector.expectStatus else { return }
        let response = try ProvisionResponse(parsing: answer.body)
        #expect(response.status.rawValue == expected)
        guard expected == "Approved" else {
            #expect(response.clientCert.isEmpty && response.signature.isEmpty)
            return
        }
        try checkApproved(response, vector)
    }

    /// The answer is signed under the key reading that the request matched, and the certificate is for the device.
    private func checkApproved(_ response: ProvisionResponse, _ vector: RequestVectors.Case) throws {
        let secret = Array(vector.secret.utf8)
        let key =
            switch vector.acceptedReading?.split(separator: "+").last {
            case "sha256": SHA256.hash(secret)
            case "sha256hex": Array(Hex.encode(SHA256.hash(secret)).utf8)
            default: secret
            }
        let expected = Base64.encode(HMACSHA256.authenticate(response.canonical(blankSignature: true), key: key))
        #expect(response.signature == expected)
        let certificate = try Certificate(pem: response.clientCert)
        #expect(certificate.subject.commonName == (try RequestVectors.load().deviceID))
        #expect(certificate.subject.organizationalUnits == ["iotdevice"])
        #expect(certificate.isSigned(by: try Certificate(pem: response.caCert)))
        #expect(response.retrySec > 0)
    }
}
