internal import ArgumentParser
internal import Files
internal import FoundationEssentials
internal import WebSockets
internal import Wire

extension DeviceCommand {
    struct Copy: HubCommand {
        static let configuration = CommandConfiguration(
            commandName: "cp", abstract: "Copy a file to or from a connected device.",
            discussion: """
                One of the two is on the device: ID:/absolute/path. Permissions are kept, owners are not. A fetched file
                appears under its name when it is complete. This goes over mender-connect. Without it a file of at most
                10 MiB can be sent over the console of the live link, as ID:NAME: it goes into the device's data folder,
                with the rights that the device gives it.

                Examples:
                  hubctl device cp settings.json lamp-0001:/etc/lamp/settings.json
                  hubctl device cp settings.json lamp-0001:settings.json
                  hubctl device cp lamp-0001:/var/log/syslog .
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "A local file, or ID:/path.") var source: String
        @Argument(help: "A local file or folder, or ID:/path.") var target: String

        func validate() throws {
            guard (DevicePath(source) == nil) != (remoteTarget == nil) else {
                throw ValidationError("exactly one of the two must be ID:/absolute/path; the second may be ID:NAME")
            }
        }

        /// The file on the device that is written. A name without folders is meant only where the source is none.
        private var remoteTarget: DevicePath? {
            DevicePath(target) ?? (DevicePath(source) == nil ? DevicePath(plain: target) : nil)
        }

        func work() async throws {
            let client = try connection.client()
            let isShown = Terminal.isWatched && !connection.json
            let summary: CopySummary
            if let remote = remoteTarget {
                let file = try LocalFile(source)
                let way = try await DeviceWay.files(of: remote.deviceID, client)
                try Self.check(remote, way, isFetched: false)
                summary = try await client.withLink(remote.deviceID, isConsole: way == .console) { socket in
                    try await Patience.run(socket) { patience in
                        try await Self.put(file, to: remote, LinkFiles(socket, patience), isShown)
                    }
                }
            } else if let remote = DevicePath(source) {
                try Self.check(remote, try await DeviceWay.files(of: remote.deviceID, client), isFetched: true)
                let local = Self.localTarget(target, remote)
                summary = try await client.withLink(remote.deviceID) { socket in
                    try await Patience.run(socket) { patience in
                        try await Self.get(remote, to: local, LinkFiles(socket, patience), isShown)
                    }
                }
            } else {
                return
            }
            try Output.show(summary, json: connection.json) {
                "\(summary.source) -> \(summary.target), \(summary.bytes) bytes"
            }
        }

        /// - Throws: ``CommandFailure`` when the way does not lead to such a file.
        private static func check(_ remote: DevicePath, _ way: DeviceWay, isFetched: Bool) throws {
            let id = remote.deviceID
            switch way {
            case .console where isFetched:
                throw CommandFailure.failed(
                    "a file can't be fetched over \(way.name); \(id) needs mender-connect, or sends it by itself: "
                        + "hubctl device console \(id) --receive FOLDER")
            case .console where remote.path.contains("/"):
                throw CommandFailure.failed(
                    "over \(way.name) a file goes into the device's data folder; name it without folders: "
                        + "\(id):\(remote.name)")
            case .menderConnect where !remote.path.hasPrefix("/"):
                throw CommandFailure.failed("over \(way.name) the path is absolute: \(id):/path")
            default:
                if Terminal.canAsk { Terminal.complain("over \(way.name)") }
            }
        }

        private static func put(
            _ file: LocalFile, to remote: DevicePath, _ files: LinkFiles, _ isShown: Bool
        ) async throws -> CopySummary {
            let progress = TransferProgress(total: Int(file.size), isShown: isShown)
            defer { progress.finish() }
            let content = try FileSource(file.path)
            let path = remote.path.isEmpty || remote.path.hasSuffix("/") ? remote.path + file.name : remote.path
            var body = LinkBody.File(path: path, size: file.size, mode: Int64(file.mode))
            body.sourcePath = file.path
            var transfer = LinkTransfer(files)
            let bytes = try await mapped {
                try await transfer.send(body, onProgress: { progress.update(Int($0)) }) {
                    let bytes = try content.read(16 * LinkEnvelope.chunk)
                    return bytes.isEmpty ? nil : bytes
                }
            }
            return CopySummary(source: file.path, target: "\(remote.deviceID):\(path)", bytes: bytes)
        }

        private static func get(
            _ remote: DevicePath, to local: String, _ files: LinkFiles, _ isShown: Bool
        ) async throws -> CopySummary {
            var transfer = LinkTransfer(files)
            let (bytes, _) = try await mapped {
                let file = try await transfer.info(remote.path)
                let progress = TransferProgress(total: file.size.map { Int($0) }, isShown: isShown)
                defer { progress.finish() }
                let first = try await transfer.begin(remote.path)
                // The rights of the file, as far as this user's own mask gives them.
                let sink = try FileSink(local, mode: UInt32((file.mode ?? 0o600) & 0o777))
                var received = 0
                let bytes = try await transfer.receive(first: first) { chunk in
                    try sink.write(chunk)
                    received += chunk.count
                    progress.update(received)
                }
                try sink.finish()
                return (bytes, file)
            }
            return CopySummary(source: "\(remote.deviceID):\(remote.path)", target: local, bytes: bytes)
        }

        private static func mapped<Value>(_ body: () async throws -> Value) async throws -> Value {
            do {
                return try await body()
            } catch let error as LinkTransferError {
                switch error {
                case .notAFile: throw CommandFailure.failed("not a regular file on the device")
                case .outOfTurn: throw CommandFailure.failed("the device answered out of turn; try again")
                }
            }
        }

        private static func localTarget(_ target: String, _ remote: DevicePath) -> String {
            guard target.hasSuffix("/") || LocalFile.isFolder(target) else { return target }
            return (target.hasSuffix("/") ? target : target + "/") + remote.name
        }
    }
}

/// What was copied; field names are interface.
struct CopySummary: Codable, Sendable {
    /// Where it came from.
    var source: String
    var target: String
    /// Size in bytes.
    var bytes: Int64
}

/// `ID:/path`: a file on a device.
struct DevicePath: Equatable, Sendable {
    let deviceID: String
    let path: String

    /// `nil` for a local path. The path begins at the first `:/`, so an ID may hold a colon, and a local file is always
    /// written with a slash before it: `./a:/b`.
    init?(_ text: String) {
        guard let colon = text.firstRange(of: ":/"), colon.lowerBound != text.startIndex else { return nil }
        let id = text[..<colon.lowerBound]
        guard !id.contains("/") else { return nil }
        deviceID = String(id)
        path = "/" + text[colon.upperBound...]
    }

    /// `ID:NAME`: a file in the device's data folder; without the name, under the name it has here. `nil` for anything
    /// with a slash. The name begins at the last colon.
    init?(plain text: String) {
        guard !text.utf8.contains(UInt8(ascii: "/")), let colon = text.lastIndex(of: ":"), colon != text.startIndex
        else { return nil }
        deviceID = String(text[..<colon])
        path = String(text[text.index(after: colon)...])
    }

    /// Last part of the path.
    var name: String { path.split(separator: "/").last.map(String.init) ?? "file" }
}

/// A file of this machine, before it is sent.
struct LocalFile: Sendable {
    let path: String
    let size: Int64
    let mode: UInt32
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    init(_ path: String) throws {
        guard !Self.isFolder(path) else {
            throw CommandFailure.failed("\(path) is a folder; copy its files one by one")
        }
        self.path = path
        size = try FileSource(path).size()
        mode = try SecureFile.mode(path)
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
}
