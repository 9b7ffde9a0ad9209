import Foundation
import PKI
import Transport

/// Requests to a hub, as programs of others make them.
extension ProgramHub {
    private static let limits = TransportLimits(exchange: .seconds(120), responseBody: 16 << 20)

    /// Asks the HTTPS listener.
    func ask(
        _ path: String, method: String = "GET", headers: [(String, String)] = [],
        body: HTTPExchangeRequest.Body = .none, identity: ClientIdentity? = nil
    ) async throws -> HTTPExchangeResponse {
        let authority = try Certificate(pem: String(contentsOfFile: state + "/ca/ca.crt", encoding: .utf8))
        let tls = TransportTLS(trust: .roots([authority]), identity: identity) {
            Int64(Date().timeIntervalSince1970)
        }
        let connection = try await HTTPConnection.connect(
            .tls(host: "127.0.0.1", port: try port()), tls: tls, limits: Self.limits)
        defer { connection.close() }
        return try await connection.send(
            HTTPExchangeRequest(method: method, path: path, headers: headers, body: body))
    }

    /// Asks the Unix socket.
    func askLocally(
        _ path: String, method: String = "GET", body: HTTPExchangeRequest.Body = .none,
        headers: [(String, String)] = [("Content-Type", "application/json")]
    ) async throws -> HTTPExchangeResponse {
        let connection = try await HTTPConnection.connect(.unixSocket(path: socket), tls: nil, limits: Self.limits)
        defer { connection.close() }
        return try await connection.send(
            HTTPExchangeRequest(method: method, path: path, headers: headers, body: body))
    }
}

extension HTTPExchangeRequest.Body {
    static func text(_ text: String) -> HTTPExchangeRequest.Body { .bytes(Array(text.utf8)) }
}

extension HTTPExchangeResponse {
    var text: String { String(decoding: body, as: UTF8.self) }

    func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body))
    }
}
