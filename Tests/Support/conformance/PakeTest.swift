import ArgumentParser
internal import Encoding
import Foundation
import PKI

/// One operation of docs/protocols/secure-pairing.md section 10: a request file, one JSON object, exit code 0 ok or 2
/// refused.
struct PakeTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pake-test", abstract: "One SPAKE2+ operation from a request file.",
        discussion: "Example:\n  conformance pake-test request.json")

    @Argument(help: "File with the request.") var file: String

    func run() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        guard let request = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw ValidationError("the request must be a JSON object")
        }
        do {
            var answer = try PakeOperation(request: request).run()
            answer["result"] = "ok"
            print(try Self.text(answer))
        } catch let error as PKIError {
            print(try Self.text(["result": "refused", "error": Self.name(error)]))
            throw ExitCode(2)
        }
    }

    private static func text(_ answer: [String: String]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: answer, options: .sortedKeys), as: UTF8.self)
    }

    private static func name(_ error: PKIError) -> String {
        switch error.step {
        case .badShare: "bad_share"
        case .confirmFailed: "confirm_failed"
        default: "bad_params"
        }
    }
}

private struct PakeOperation {
    let request: [String: Any]

    func run() throws -> [String: String] {
        switch try text("op") {
        case "register":
            guard let iterations = request["iterations"] as? Int else { throw ValidationError("iterations is missing") }
            let secrets = try PairingSecrets(
                secret: Array(try text("secret").utf8), deviceID: try text("deviceID"), salt: try bytes("salt"),
                iterations: iterations)
            return ["w0": hex(secrets.w0), "w1": hex(secrets.w1), "L": Hex.encode(try secrets.l())]
        case "context":
            let context = PairingContext.bytes(
                request: try base64("request"), response: try base64("response"), server: try base64("serverCert"),
                authority: try base64("caCert"), publicKey: try base64("spki"))
            return ["context": Hex.encode(context)]
        case "keys":
            let shared = try secret("K_shared")
            return ["K_request": hex(PairingKeys.request(shared)), "K_response": hex(PairingKeys.response(shared))]
        case "prover_start":
            let prover = try SPAKE2Plus.Prover(
                PairingSecrets(w0: try secret("w0"), w1: try secret("w0")), x: try secret("x"))
            return ["shareP": Hex.encode(prover.shareP)]
        case "verifier_respond":
            let verifier = try SPAKE2Plus.Verifier(
                w0: try secret("w0"), l: try bytes("L"), parties: try parties(), shareP: try bytes("shareP"),
                y: try secret("y"))
            return [
                "shareV": Hex.encode(verifier.shareV), "confirmV": hex(verifier.keys.confirmV),
                "confirmP": hex(verifier.keys.confirmP), "K_shared": hex(verifier.keys.shared),
            ]
        case "prover_finish":
            let prover = try SPAKE2Plus.Prover(
                PairingSecrets(w0: try secret("w0"), w1: try secret("w1")), x: try secret("x"))
            let keys = try prover.finish(
                try parties(), shareV: try bytes("shareV"), confirmV: try bytes("confirmV"))
            return ["confirmP": hex(keys.confirmP), "K_shared": hex(keys.shared)]
        case let operation: throw ValidationError("\(operation) is no operation")
        }
    }

    private func parties() throws -> SPAKE2Plus.Parties {
        .init(context: try bytes("context"), prover: try text("idProver"), verifier: try text("idVerifier"))
    }

    private func text(_ name: String) throws -> String {
        guard let text = request[name] as? String else { throw ValidationError("\(name) is missing") }
        return text
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        guard let bytes = Hex.decode(try text(name)) else { throw ValidationError("\(name) is no hexadecimal") }
        return bytes
    }

    private func base64(_ name: String) throws -> [UInt8] {
        guard let bytes = Base64.decode(try text(name)) else { throw ValidationError("\(name) is no base64") }
        return bytes
    }

    private func secret(_ name: String) throws -> SecretBytes { SecretBytes(try bytes(name)) }

    private func hex(_ secret: SecretBytes) -> String { Hex.encode(secret.copy) }
}
