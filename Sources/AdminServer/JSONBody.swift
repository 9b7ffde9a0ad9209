internal import AdminAPI
internal import Foundation
internal import HubHTTP
internal import Hummingbird
internal import NIOCore

/// JSON of the admin API in and out.
enum JSONBody {
    static func encode(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: Array(try encoder.encode(value)))))
    }

    /// Reads a body of at most so many bytes; 415 when it is not sent as JSON.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from request: Request, limit: Int = 64 * 1024
    ) async throws -> Value {
        let body = try await request.body.collect(upTo: limit)
        if body.readableBytes > 0 { try JSONType.check(request) }
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch {
            throw AdminError.badRequest("the body is not the JSON this call takes")
        }
    }
}
