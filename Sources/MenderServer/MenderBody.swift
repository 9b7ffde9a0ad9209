internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore

/// JSON of the update protocol in and out (docs/protocols/mender.md 2).
enum MenderBody {
    /// Longest JSON body, in bytes.
    static let limit = 1 << 20

    /// Limits for a JSON body: 1 MiB, 32 levels, 65,536 values.
    static let limits = JSONLimits(bytes: limit, depth: 32, values: 65_536)

    /// Reads the whole body, with or without a length told before; white space behind the document is allowed.
    ///
    /// - Throws: 413, 415, 400.
    static func json(_ request: Request, limits: JSONLimits = limits) async throws -> JSONValue {
        let bytes = try await bytes(request, limit: limits.bytes)
        if !bytes.isEmpty { try JSONType.check(request) }
        return try json(bytes, limits: limits)
    }

    /// Reads a message of a device, whatever type it is sent as: only its token counts, which no browser adds by
    /// itself.
    ///
    /// - Throws: 413, 400.
    static func message<Message>(
        _ request: Request, limits: JSONLimits, _ parse: ([UInt8]) throws(MessageError) -> Message
    ) async throws -> Message {
        let bytes = try await bytes(request, limit: limits.bytes)
        return try checked { () throws(MessageError) in try parse(bytes) }
    }

    /// Turns what is wrong with a message into a refusal.
    ///
    /// - Throws: 400.
    static func checked<Message>(_ parse: () throws(MessageError) -> Message) throws(MenderError) -> Message {
        do {
            return try parse()
        } catch {
            switch error {
            case .missingMember(let name): throw .badRequest("\(name) must be given")
            case .invalidMember("status"): throw .badRequest("unknown status")
            case .wrongType, .invalidMember: throw .badRequest("\(error)")
            default: throw .badRequest("cannot parse the request body: \(error)")
            }
        }
    }

    /// Reads a body that may be left out; `nil` for an empty one.
    ///
    /// - Throws: 413, 415, 400.
    static func optionalJSON(_ request: Request, limits: JSONLimits = limits) async throws -> JSONValue? {
        let bytes = try await bytes(request, limit: limits.bytes)
        guard !bytes.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return nil }
        try JSONType.check(request)
        return try json(bytes, limits: limits)
    }

    private static func json(_ bytes: [UInt8], limits: JSONLimits) throws(MenderError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw .badRequest("cannot parse the request body: \(error)")
        }
    }

    /// The whole body.
    ///
    /// - Throws: 413.
    static func bytes(_ request: Request, limit: Int = limit) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch let error as HTTPError where error.status == .contentTooLarge {
            throw MenderError.tooLarge
        }
    }

    /// An answer that is a message.
    static func answer(_ message: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: message)))
    }

    /// An answer of JSON.
    static func answer(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ content: (inout JSONWriter) -> Void
    ) -> Response {
        var writer = JSONWriter()
        content(&writer)
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
    }
}
