internal import HTTPTypes
package import Hummingbird

/// Answers with a file that can be fetched in parts: exact lengths, and ranges (RFC 9110 section 14).
package enum FileAnswer {
    /// The answer to GET or HEAD.
    ///
    /// - Parameters:
    ///   - size: bytes of the file.
    ///   - tag: names its content, as `ETag` does, without quotes.
    ///   - body: makes the body of a part of it; only called when one is sent.
    package static func make(
        to request: Request, size: Int64, tag: String, contentType: String, body: (Range<Int64>) -> ResponseBody
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: contentType, .acceptRanges: "bytes", .eTag: "\"\(tag)\"",
            .cacheControl: "private, no-transform",
        ]
        guard !ContentTag.isKnown("\"\(tag)\"", to: request) else {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        var status = HTTPResponse.Status.ok
        var range = 0..<size
        switch ByteRange.read(request, size: size, tag: tag) {
        case .whole: break
        case .part(let part):
            range = part
            status = .partialContent
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        guard request.method == .get else {
            return Response(
                status: status, headers: headers, body: ResponseBody(contentLength: range.count) { _ in })
        }
        return Response(status: status, headers: headers, body: body(range))
    }
}
