/// A shell, or a connection into a device's network.
package protocol LinkStream: Sendable {
    /// Sends bytes to the device; returns when they have left.
    ///
    /// - Throws: ``LinkError``.
    func send(_ bytes: [UInt8]) async throws

    /// The next bytes from the device, of which one reader at a time waits; `nil` at the end.
    ///
    /// - Throws: ``LinkError``.
    func next() async throws -> [UInt8]?

    /// Tells a shell how large the terminal is now.
    ///
    /// - Throws: ``LinkError``.
    func resize(columns: Int, rows: Int) async throws

    /// The next file that the device sends by itself; `nil` at the end, and where there are none. From the first call
    /// on they are kept for this reader.
    ///
    /// - Throws: what the audit trail throws.
    func nextFile() async throws -> SentFile?

    /// Ends it, on the device as well.
    func finish() async
}

extension LinkStream {
    package func resize(columns: Int, rows: Int) async throws {}
    package func nextFile() async throws -> SentFile? { nil }
}

/// A file that a device sent by itself. Its name is the device's, and not to be trusted.
package enum SentFile: Sendable, Equatable {
    case whole(name: String, bytes: [UInt8])
    /// It did not come to its end.
    case lost(name: String, reason: String)
}

/// The files of a device within one session.
package protocol RemoteFiles: Sendable {
    /// What is known of a file.
    ///
    /// - Throws: ``LinkError``.
    func describe(_ path: String) async throws -> RemoteFile

    /// Opens a file; when this returns, the device has begun to send.
    ///
    /// - Throws: ``LinkError``; what the audit trail throws.
    func read(_ path: String) async throws -> any RemoteContent

    /// Writes a file; returns when the device has all of it.
    ///
    /// - Parameter content: the next bytes, any number; `nil` at the end.
    /// - Throws: ``LinkError``; what the audit trail throws, and `content`.
    func write(_ file: RemoteFile, _ content: () async throws -> [UInt8]?) async throws

    /// Ends the session, on the device as well.
    func finish() async
}

/// The content of a file that a device has begun to send.
package protocol RemoteContent: Sendable {
    /// Hands all of it on, no faster than it is taken.
    ///
    /// - Throws: ``LinkError``, and what `take` throws.
    func receive(_ take: ([UInt8]) async throws -> Void) async throws
}

/// A file on a device. What is not known is `nil`.
package struct RemoteFile: Sendable, Equatable {
    /// Absolute.
    package var path: String
    /// Bytes.
    package var size: Int64?
    package var userID: Int64?
    package var groupID: Int64?
    /// Rights in the lower twelve bits.
    package var mode: Int64?

    package init(
        path: String, size: Int64? = nil, userID: Int64? = nil, groupID: Int64? = nil, mode: Int64? = nil
    ) {
        self.path = path
        self.size = size
        self.userID = userID
        self.groupID = groupID
        self.mode = mode
    }
}
