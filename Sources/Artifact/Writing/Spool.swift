internal import Files

/// Keeps what must be complete before it can be written: a little in memory, more in a temporary file, which goes with
/// it.
final class Spool {
    private static let memoryLimit = 1 << 20
    private let path: String?
    private var memory: [UInt8] = []
    private var file: FileSink?
    private(set) var size: Int64 = 0

    /// - Parameter path: of the temporary file; `nil` keeps everything in memory, 16 MiB at most.
    init(_ path: String?) { self.path = path }

    func write(_ part: ArraySlice<UInt8>) throws(ArtifactError) {
        size += Int64(part.count)
        memory += part
        guard memory.count > Self.memoryLimit else { return }
        guard let path else {
            guard size <= 16 << 20 else { throw .tooLarge("the payload", limit: 16 << 20) }
            return
        }
        try withFiles { () throws(FileError) in
            if file == nil { file = try FileSink(path, mode: 0o600) }
            try file?.write(memory)
        }
        memory.removeAll(keepingCapacity: true)
    }

    /// Gives everything to a sink, in order.
    func drain(_ sink: ArtifactSink) throws(ArtifactError) {
        if let file {
            let source = try FileSource.open(file.unfinishedPath)
            while case let part = try source.artifactPart(), !part.isEmpty { try sink(part) }
        }
        if !memory.isEmpty { try sink(memory[...]) }
    }
}
