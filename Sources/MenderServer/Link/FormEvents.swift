internal import Hummingbird
internal import NIOCore

/// The events of a form one after the other, read from the request no faster than they are taken.
struct FormEvents {
    private var form: MultipartForm
    private var chunks: RequestBody.AsyncIterator
    private var waiting: [MultipartForm.Event] = []

    /// - Throws: 400 when the request has no form.
    init(_ request: Request) throws(MenderError) {
        guard let boundary = MultipartForm.boundary(request.headers[.contentType]) else {
            throw .badRequest("the body must be multipart/form-data")
        }
        form = MultipartForm(boundary: boundary)
        chunks = request.body.makeAsyncIterator()
    }

    /// The next event.
    ///
    /// - Throws: 400 when the body is not a form, or ends before its last part.
    mutating func next() async throws -> MultipartForm.Event {
        while waiting.isEmpty {
            guard let chunk = try await chunks.next() else { throw MenderError.badRequest("the form was cut") }
            do throws(MultipartForm.Failure) {
                waiting = try form.feed(chunk.readableBytesView)
            } catch {
                throw MenderError.badRequest("the body is not a form")
            }
        }
        return waiting.removeFirst()
    }

    /// The whole content of the part that has begun, as text.
    ///
    /// - Throws: 400 when it is longer, or no UTF-8.
    mutating func text(limit: Int = 4096) async throws -> String {
        var bytes: [UInt8] = []
        while case .content(let part) = try await next() {
            bytes += part
            guard bytes.count <= limit else { throw MenderError.badRequest("a field of the form is too long") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MenderError.badRequest("a field of the form is no UTF-8")
        }
        return text
    }
}
