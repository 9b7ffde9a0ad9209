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

/// Query parameters of a listing.
struct Paging {
    let after: String
    let limit: Int

    init(_ request: Request) throws {
        after = request.uri.queryParameters.get("after") ?? ""
        guard let text = request.uri.queryParameters.get("limit") else {
            limit = 100
            return
        }
        guard let limit = Int(text), (1...AdminAPI.pageLimit).contains(limit) else {
            throw AdminError.badRequest("limit must be 1 to \(AdminAPI.pageLimit)")
        }
        self.limit = limit
    }

    /// `after` as a number to go on below; `nil` at the beginning.
    func number() throws -> Int64? {
        guard !after.isEmpty else { return nil }
        guard let number = Int64(after) else { throw AdminError.badRequest("after must be what the last page said") }
        return number
    }

    /// `after` as the number of items to leave out.
    func offset() throws -> Int {
        let number = try number() ?? 0
        guard (0...1_000_000_000).contains(number) else {
            throw AdminError.badRequest("after must be what the last page said")
        }
        return Int(number)
    }
}
