internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Updates

/// A form with one file, which goes to disk while it arrives, and small fields before it (docs/protocols/mender.md
/// 12.4).
struct UploadForm {
    let upload: ArtifactUpload
    let fields: [String: String]

    private static let fieldLimit = 64 * 1024

    /// Reads a request.
    ///
    /// - Parameter limit: longest file, in bytes; `nil` for that of artifacts.
    /// - Throws: 400, 413; nothing is left behind then.
    static func read(
        _ request: Request, boundary: String, fileField: String, limit: Int64? = nil, _ artifacts: Artifacts
    ) async throws -> UploadForm {
        let upload = try await BlockingWork.run { try artifacts.beginUpload(limit: limit) }
        do {
            let fields = try await Self.fill(upload, from: request, boundary: boundary, fileField: fileField)
            return UploadForm(upload: upload, fields: fields)
        } catch {
            artifacts.abandon(upload)
            if error is MultipartForm.Failure { throw MenderError.badRequest("the body is not a form") }
            throw error
        }
    }

    private static func fill(
        _ upload: ArtifactUpload, from request: Request, boundary: String, fileField: String
    ) async throws -> [String: String] {
        let sink = try await upload.append(at: 0)
        defer { sink.release() }
        var writing = GatheredWriting { bytes in
            try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) }
        }
        var form = MultipartForm(boundary: boundary)
        var fields: [String: String] = [:]
        var field: (name: String, bytes: [UInt8])?
        var isFile = false
        var hasFile = false
        for try await chunk in request.body {
            for event in try form.feed(chunk.readableBytesView) {
                switch event {
                case .part(let name):
                    guard !hasFile else { throw MenderError.badRequest("\(fileField) must be the last part") }
                    isFile = name == fileField
                    hasFile = isFile
                    field = isFile ? nil : (name, [])
                case .content(let bytes) where isFile: try await writing.take(bytes)
                case .content(let bytes):
                    field?.bytes.append(contentsOf: bytes)
                    guard field?.bytes.count ?? 0 <= fieldLimit else { throw MenderError.tooLarge }
                case .partEnd:
                    if let field { fields[field.name] = String(decoding: field.bytes, as: UTF8.self) }
                    field = nil
                case .end: break
                }
            }
        }
        guard form.isComplete, hasFile else { throw MenderError.badRequest("the form has no \(fileField), or was cut") }
        try await writing.end { try sink.flush() }
        return fields
    }
}
