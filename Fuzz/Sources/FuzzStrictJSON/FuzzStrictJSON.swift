import CoSigning
import Encoding

/// JSON of strangers as co-signed messages want it read. None may trap; what is read has one meaning only, and is the
/// same when it is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
func readStrictJSON(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard let value = StrictJSON.parse(bytes) else { return 0 }
    precondition(bytes.count <= CoSignLimits.message, "a document longer than a message")
    precondition(String(validating: bytes, as: UTF8.self) != nil, "a document that is no UTF-8")
    check(value, depth: 0)
    let written = value.encoded()
    // Escapes make some texts longer than they came.
    if written.count <= CoSignLimits.message {
        precondition(StrictJSON.parse(written) == value, "a document that changes")
    }
    precondition(StrictJSON.parse(bytes + [0x30]) != value, "a byte behind the end that is not seen")
    precondition(StrictJSON.parse([0xEF, 0xBB, 0xBF] + bytes) == nil, "a byte order mark")
    return 0
}

private func check(_ value: JSONValue, depth: Int) {
    switch value {
    case .number(let text):
        precondition(text.utf8.count <= 40, "a long number")
    case .array(let elements):
        precondition(depth < 16, "nested too deep")
        for element in elements { check(element, depth: depth + 1) }
    case .object(let members):
        precondition(depth < 16, "nested too deep")
        precondition(Set(members.map { Array($0.name.utf8) }).count == members.count, "a name that stands twice")
        for member in members { check(member.value, depth: depth + 1) }
    case .null, .bool, .string: break
    }
}
