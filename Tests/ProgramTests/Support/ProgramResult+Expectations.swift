import Testing

extension ProgramResult {
    /// Ends the test unless the program did its work.
    @discardableResult
    func succeeded(sourceLocation: SourceLocation = #_sourceLocation) throws -> ProgramResult {
        try #require(code == 0, "\(self)", sourceLocation: sourceLocation)
        return self
    }

    /// Notes an issue unless the program ended with this code, and with one line on standard error that has the words.
    func expectRefusal(_ words: String, code wanted: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(code == wanted, "\(self)", sourceLocation: sourceLocation)
        #expect(errors.contains(words), "\(self)", sourceLocation: sourceLocation)
        #expect(errors.split(separator: "\n").count == 1, "\(self)", sourceLocation: sourceLocation)
    }

    /// Notes an issue unless the command line was refused as such.
    func expectWrongUsage(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(code == 64, "\(self)", sourceLocation: sourceLocation)
        #expect(output.isEmpty && errors.contains("Usage:"), "\(self)", sourceLocation: sourceLocation)
    }

    /// Standard output or standard error has the words.
    func says(_ words: String) -> Bool { output.contains(words) || errors.contains(words) }
}
