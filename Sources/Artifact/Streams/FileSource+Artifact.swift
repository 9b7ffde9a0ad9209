internal import Files

/// Does something with files, whose errors become this module's.
func withFiles<Value>(_ work: () throws(FileError) -> Value) throws(ArtifactError) -> Value {
    do {
        return try work()
    } catch {
        throw .file(error)
    }
}

extension FileSource {
    /// Opens a file; a link at its place is refused.
    static func open(_ path: String) throws(ArtifactError) -> FileSource {
        try withFiles { () throws(FileError) in try FileSource(path) }
    }

    /// The next part, as an artifact's source.
    func artifactPart() throws(ArtifactError) -> ArraySlice<UInt8> {
        try withFiles { () throws(FileError) in try read(262_144)[...] }
    }
}
