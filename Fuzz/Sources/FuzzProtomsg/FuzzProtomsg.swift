import Encoding
import Wire

/// A message of the device link: no reader may trap, and what is read stays the same when it is written and read again,
/// or the hub would hand on something else than it looked at.
@_cdecl("LLVMFuzzerTestOneInput")
func readMessage(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    if let envelope = try? LinkEnvelope(parsing: bytes) {
        let written = envelope.encoded()
        // Longer forms of numbers of our own can take a message over the limit.
        precondition(
            written.count > MessagePackLimits.message.bytes || (try? LinkEnvelope(parsing: written)) == envelope,
            "another message once handed on")
        readBodies(envelope.body)
        _ = (envelope.text("user_id"), envelope.number("offset"))
    }
    readBodies(bytes)
    if let value = try? MessagePackValue(parsing: bytes) {
        var writer = MessagePackWriter()
        value.write(to: &writer)
        // No number is equal to itself when it is none.
        precondition(
            (try? MessagePackValue(parsing: writer.bytes)) == value || "\(value)".contains("nan"),
            "another value once written")
    }
    return 0
}

private func readBodies(_ body: [UInt8]) {
    check(try? LinkBody.Open(parsing: body), { $0.encoded() }, LinkBody.Open.init(parsing:))
    check(try? LinkBody.Accept(parsing: body), { $0.encoded() }, LinkBody.Accept.init(parsing:))
    check(try? LinkBody.Failure(parsing: body), { $0.encoded() }, LinkBody.Failure.init(parsing:))
    check(try? LinkBody.Path(parsing: body), { $0.encoded() }, LinkBody.Path.init(parsing:))
    check(try? LinkBody.File(parsing: body), { $0.encoded() }, LinkBody.File.init(parsing:))
    check(try? LinkBody.Target(parsing: body), { $0.encoded() }, LinkBody.Target.init(parsing:))
}

private func check<Body: Equatable>(_ body: Body?, _ encoded: (Body) -> [UInt8], _ read: ([UInt8]) throws -> Body) {
    guard let body else { return }
    let written = encoded(body)
    precondition(written.count > MessagePackLimits.message.bytes || (try? read(written)) == body, "another body")
}
