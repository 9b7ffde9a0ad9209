import Encoding
import Wire

/// A text message of the live link: no reader may trap, and a frame stays the same when it is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
func readFrame(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = unsafe String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    guard let frame = try? PhoenixFrame(parsing: text) else { return 0 }
    let written = frame.encoded()
    // Escapes of our own can take a frame over the limit.
    precondition(written.utf8.count > 1 << 20 || (try? PhoenixFrame(parsing: written)) == frame, "another frame")
    let payload = frame.payload
    let join = LinkJoin(payload)
    for text in [join.firmware.uuid, join.firmware.product, join.tool ?? "", join.downloading ?? ""] {
        precondition(text.utf8.count <= KeptText.limit, "a text is kept whole")
    }
    for case .failed(let reason)? in [LinkStatus(status: payload), LinkStatus(progress: payload)] {
        precondition(reason.utf8.count <= KeptText.reasonLimit, "a reason is kept whole")
    }
    _ = (HealthReport(payload), GeoReport(payload), LinkInterface(payload), LinkInterface.types(payload))
    _ = (LogLine.lines(payload), NetworkIdentity.identities(payload))
    return 0
}
