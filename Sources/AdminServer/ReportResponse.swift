internal import Foundation
internal import Hummingbird
internal import NIOCore

/// Streams a report of refused rows, in parts, whatever its size.
enum ReportResponse {
    static func make(file: String, number: Int64) async throws -> Response {
        guard let handle = FileHandle(forReadingAtPath: file) else { throw AdminError.unknownReport("\(number)") }
        return Response(
            status: .ok, headers: [.contentType: "text/csv; charset=utf-8"],
            body: ResponseBody { writer in
                defer { try? handle.close() }
                while let part = try handle.read(upToCount: 65_536), !part.isEmpty {
                    try await writer.write(ByteBuffer(bytes: part))
                }
                try await writer.finish(nil)
            })
    }
}
