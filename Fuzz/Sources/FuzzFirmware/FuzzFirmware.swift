import Artifact

/// Firmware archives of fwup: the whole, or, with an odd first byte, `meta.conf` alone in an archive whose checksums
/// are right, so that the fuzzer gets in. None may trap, and what is taken keeps the rules.
@_cdecl("LLVMFuzzerTestOneInput")
func readFirmware(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard let choice = input.first else { return 0 }
    let content = Array(input[1...])
    let archive = choice & 1 == 0 ? content : archive("meta.conf", content)
    guard let description = try? FirmwareReader.check(FirmwareSource(bytes: archive), trust: .anybody) else { return 0 }
    for value in [description.product, description.version, description.platform, description.architecture] {
        precondition(FirmwareDescription.isValue(value), "a value that is not allowed")
    }
    precondition(description.uuid.utf8.count == 36, "no UUID")
    precondition(!description.isDelta || description.isSigned, "a patch that nobody signed")
    for resource in description.resources {
        precondition(resource.data <= resource.total && resource.total <= 1 << 40, "a length that is not allowed")
    }
    return 0
}

/// A zip archive of one stored member.
private func archive(_ name: String, _ content: [UInt8]) -> [UInt8] {
    func short(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8 & 255)] }
    func long(_ value: Int) -> [UInt8] { short(value & 0xFFFF) + short(value >> 16 & 0xFFFF) }
    let sizes = long(Int(checksum(content))) + long(content.count) + long(content.count)
    let fields = short(20) + short(0) + short(0) + long(0) + sizes + short(name.utf8.count)
    let local = [0x50, 0x4B, 3, 4] + fields + short(0) + Array(name.utf8) + content
    var directory: [UInt8] = [0x50, 0x4B, 1, 2] + short(0x0314) + fields
    directory += short(0) + short(0) + short(0) + short(0) + long(0o100644 << 16) + long(0) + Array(name.utf8)
    let end = short(0) + short(0) + short(1) + short(1) + long(directory.count) + long(local.count) + short(0)
    return local + directory + [0x50, 0x4B, 5, 6] + end
}

/// CRC-32 as zip has it.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
}
