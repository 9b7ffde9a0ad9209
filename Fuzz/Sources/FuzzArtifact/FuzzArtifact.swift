import Encoding
import Artifact
import PKI

/// Artifacts, and the archives in them under a manifest that fits, so that the fuzzer needs no SHA-256 to get in. The
/// first byte chooses: the whole artifact; the header archive; the payload's archive, plain or with each compression.
/// Sums of archive records are made right. None may trap, and what is read doesn't depend on the parts it came in.
@_cdecl("LLVMFuzzerTestOneInput")
func readArtifact(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard let choice = input.first else { return 0 }
    let artifact: [UInt8]
    switch choice % 6 {
    case 0: artifact = rightSums(Array(input[1...]))
    case 1: artifact = whole(header: rightSums(Array(input[1...])), "data/0000.tar", [UInt8](repeating: 0, count: 1024))
    case 2: artifact = whole(header: header, "data/0000.tar", rightSums(Array(input[1...])))
    case 3: artifact = whole(header: header, "data/0000.tar.gz", Array(input[1...]))
    case 4: artifact = whole(header: header, "data/0000.tar.xz", Array(input[1...]))
    default: artifact = whole(header: header, "data/0000.tar.zst", Array(input[1...]))
    }
    let one = read(artifact, partLength: 65_536)
    guard case .success(let description) = one else { return 0 }
    precondition(read(artifact, partLength: 1 + Int(choice) / 6) == one, "an artifact that depends on its parts")
    precondition((1...4096).contains(description.name.utf8.count), "a name that is not allowed")
    precondition(!description.requires.deviceTypes.isEmpty, "an artifact for nobody")
    for file in description.payload.files {
        precondition(!file.name.contains("/") && file.name != ".." && !file.name.isEmpty, "a name that leads elsewhere")
        precondition(file.sha256.utf8.count == 64, "a file without sum")
    }
    return 0
}

private func read(_ bytes: [UInt8], partLength: Int) -> Result<ArtifactDescription, ArtifactError> {
    var rest = bytes[...]
    let limits = ArtifactLimits(size: 1 << 22, unpackedSize: 1 << 24)
    return Result { () throws(ArtifactError) in
        try ArtifactReader(
            {
                defer { rest = rest.dropFirst(partLength) }
                return rest.prefix(partLength)
            }, limits: limits
        ).finish()
    }
}

/// An artifact of these two archives.
private func whole(header: [UInt8], _ payload: String, _ data: [UInt8]) -> [UInt8] {
    let version = Array(#"{"format":"mender","version":3}"#.utf8)
    var manifest = ""
    // What a payload in the seeds holds.
    for (name, content) in [("data/0000/a", Array("one".utf8)), ("header.tar", header), ("version", version)] {
        if name == "data/0000/a", data.count <= 1024, payload == "data/0000.tar" { continue }
        manifest += Hex.encode(SHA256.hash(content)) + "  " + name + "\n"
    }
    return tar([("version", version), ("manifest", Array(manifest.utf8)), ("header.tar", header), (payload, data)])
}

private let header = tar([
    (
        "header-info",
        Array(
            #"{"payloads":[{"type":"t"}],"artifact_provides":{"artifact_name":"n"},"artifact_depends":{"device_type":["d"]}}"#
                .utf8)
    ), ("headers/0000/type-info", Array(#"{"type":"t"}"#.utf8)),
])

private func tar(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
    files.flatMap { file in
        var block = [UInt8](repeating: 0, count: 512)
        let octal = Array(String(file.content.count, radix: 8).utf8)
        block.replaceSubrange(0..<file.name.utf8.count, with: file.name.utf8)
        block.replaceSubrange((135 - octal.count)..<135, with: octal)
        block[156] = 0x30
        block.replaceSubrange(257..<265, with: Array("ustar\u{0}00".utf8))
        return rightSums(block) + file.content + [UInt8](repeating: 0, count: (512 - file.content.count % 512) % 512)
    } + [UInt8](repeating: 0, count: 1024)
}

/// The same bytes, where every record that looks like one of an archive has the sum of its bytes.
private func rightSums(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for start in stride(from: 0, to: bytes.count - 511, by: 512) {
        guard bytes[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) else { continue }
        let sumPlace = (start + 148)..<(start + 156)
        bytes.replaceSubrange(sumPlace, with: [UInt8](repeating: 0x20, count: 8))
        let sum = Array(String(bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }, radix: 8).utf8)
        bytes.replaceSubrange((start + 154 - sum.count)..<(start + 154), with: sum)
        bytes[start + 154] = 0
    }
    return bytes
}
