import Foundation

/// Vectors/spake2plus.json: RFC 9383 with others' and our own.
struct PairingVectors: Decodable {
    struct Exchange: Decodable {
        let suite: String
        let context, idProver, idVerifier: String
        let w0, w1, L, x, y, shareP, shareV: String
        let K_main, K_confirmP, K_confirmV, confirmP, confirmV, K_shared: String
    }
    struct Registration: Decodable {
        let secret, deviceID, salt, normalized_hex: String
        let iterations: Int
        let w0, w1, L: String
    }
    struct Matter: Decodable {
        let password_hex, salt, w0, L: String
        let iterations: Int
    }
    struct Flow: Decodable {
        let secret, deviceID, hubID, step1_request_b64, step1_response_b64: String
        let server_cert_der, ca_cert_der, spki_der, context, w0, w1, L, x, y, shareP, shareV: String
        let confirmP, confirmV, K_shared, K_request, K_response, provreq_body_b64: String
        let macRequest: String
        enum CodingKeys: String, CodingKey {
            case secret, deviceID, hubID, step1_request_b64, step1_response_b64, server_cert_der, ca_cert_der
            case spki_der, context, w0, w1, L, x, y, shareP, shareV, confirmP, confirmV, K_shared, K_request
            case K_response, provreq_body_b64
            case macRequest = "Pake-Mac_request"
        }
    }
    let rfc9383: [Exchange]
    let registration: [Registration]
    let matter_registration: [Matter]
    let flow: Flow
    let shares_to_refuse: [String: String]
    let constants: [String: String]

    static let all: PairingVectors = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("Vectors/spake2plus.json")
        do {
            return try JSONDecoder().decode(PairingVectors.self, from: try Data(contentsOf: file))
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}
