import Encoding
import Wire

/// The TXT record in the form of DNS: a length byte before each string. The path that comes out can stand in a request
/// line, and publishing it gives it back.
@_cdecl("LLVMFuzzerTestOneInput")
func readTXTRecord(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let record = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    var strings: [String] = []
    var index = 0
    while index < record.count {
        let end = min(record.count, index + 1 + Int(record[index]))
        strings.append(String(decoding: record[(index + 1)..<end], as: UTF8.self))
        index = end
    }
    guard let path = try? TXTRecord.directoryPath(strings) else { return 0 }
    precondition(path.utf8.first == UInt8(ascii: "/"), "not a path")
    precondition(path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a path that breaks the request line")
    precondition((try? TXTRecord.directoryPath(TXTRecord.strings(path: path))) == path, "another path once published")
    return 0
}
