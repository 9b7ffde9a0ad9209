internal import AdminAPI
internal import ArgumentParser
internal import Backup
internal import Files
internal import FoundationEssentials
internal import Synchronization

/// Where the passphrase of a backup comes from.
struct PassphraseOptions: ParsableArguments {
    @Option(help: "File with the passphrase; default: prompt.") var passphraseFile: String?
    @Flag(help: "Read the passphrase from standard input.") var passphraseStdin = false

    func passphrase(isNew: Bool) throws -> String {
        if let passphraseFile { return try SecretSource.file(passphraseFile, content: "passphrase") }
        if passphraseStdin { return try SecretSource.standardInput(content: "passphrase") }
        let question = "Passphrase of the backup: "
        let otherwise = "give the passphrase with --passphrase-file FILE or --passphrase-stdin"
        if isNew { return try SecretSource.askTwice(question, otherwise) }
        guard let text = HiddenInput.ask(question) else { throw CommandFailure.usage(otherwise) }
        return text
    }
}

/// How far a long work has come, on a terminal only.
private final class Progress: Sendable {
    private let shown = Mutex<Int64>(-1)

    func show(_ bytes: Int64, _ verb: String) {
        let megabytes = bytes >> 20
        guard Terminal.isWatched,
            shown.withLock({ last in
                defer { last = megabytes }
                return last != megabytes
            })
        else { return }
        Terminal.progress("\(megabytes) MB \(verb)")
    }

    func end() {
        if Terminal.isWatched { Terminal.progress("") }
    }
}

struct BackupCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write the whole state of the running hub to one encrypted file.",
        discussion: """
            Database, CAs, keys; with --artifacts uploaded artifacts as well. The hub encrypts it before it is sent.
            Whoever has the file and the passphrase controls the site: keep both safe, and separate.

            Examples:
              hubctl backup /media/usb/hub.backup
              hubctl backup hub.backup --passphrase-file /root/passphrase
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var options: PassphraseOptions
    @Argument(help: "File to write.") var file: String
    @Flag(help: "Include uploaded artifacts.") var artifacts = false

    func work() async throws {
        var isFolder = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder {
            let place = file.hasSuffix("/") ? file : file + "/"
            throw CommandFailure.failed("\(file) is a folder; name a file in it, such as \(place)hub.backup")
        }
        let passphrase = try options.passphrase(isNew: true)
        try await WrittenFile.with(file, mode: 0o600) { try await fetch(with: passphrase, $0) }
    }

    private func fetch(with passphrase: String, _ sink: WrittenFile) async throws {
        let progress = Progress()
        defer { progress.end() }
        let request = AdminBackup(passphrase: passphrase, artifacts: artifacts)
        try await connection.client().stream(HubEndpoints.backup(request)) { part in
            progress.show(try sink.write(part), "written")
        }
        // A file that can't be read back is not a backup and must not replace one.
        let manifest = try BackupFile.verify(sink.path, passphrase: passphrase)
        let written = try sink.finish()
        for path in manifest.elsewhere {
            Terminal.complain("hubctl: \(path) is not part of it; keep a copy of your own")
        }
        try Output.show(["file": file, "bytes": "\(written)"], json: connection.json) {
            "\(file) is written and was read back: \(written) bytes"
        }
    }
}

/// Reads backups, and says in one line what is wrong with one.
private enum BackupFile {
    struct Manifest: Codable {
        var site: String
        var madeAt: String
        var version: String
        var elsewhere: [String]
    }

    static func verify(_ file: String, passphrase: String) throws -> Manifest {
        try reading(file) {
            let reader = try BackupReader(file, passphrase: passphrase)
            var manifest: [UInt8] = []
            while let entry = try reader.next() {
                while case let part = try reader.read(65_536), !part.isEmpty {
                    if entry.name == BackupEntry.manifest { manifest += part }
                }
            }
            return try self.manifest(manifest)
        }
    }

    static func manifest(_ bytes: [UInt8]) throws -> Manifest {
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)) else {
            throw BackupError.damaged
        }
        return manifest
    }

    static func reading<Value>(_ file: String, _ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as BackupError {
            throw CommandFailure.failed("\(file): \(error)")
        }
    }
}

struct RestoreCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore a backup as the state of a stopped hub.",
        discussion: """
            The whole file is verified before anything changes; an interruption leaves the old state or the new one. The
            old state is kept in the folder before-restore. Devices accept the restored hub on another machine as well.

            Examples:
              systemctl stop hubd
              hubctl restore /media/usb/hub.backup --state /var/lib/latchkey --replace
              systemctl start hubd
            """)

    @OptionGroup var options: PassphraseOptions
    @Argument(help: "Backup to read.") var file: String
    @Option(help: "State folder of the hub.") var state =
        FileManager.default.fileExists(atPath: "/var/lib/latchkey") ? "/var/lib/latchkey" : "./var"
    @Flag(help: "Replace an existing hub state, which is set aside.") var replace = false
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func work() async throws {
        let passphrase = try options.passphrase(isNew: false)
        if !SecureFile.exists(state) { try SecureFile.makeFolder(state, mode: 0o700, isNamed: true) }
        let reader = try BackupFile.reading(file) { try BackupReader(file, passphrase: passphrase) }
        // From here on with the rights of the hub's user: what that user put into the folder leads to nothing but its
        // own.
        try FolderOwner.enter(state)
        guard let lock = FolderLock(".") else {
            throw CommandFailure.failed("\(state) is used by a running hub; stop it first: systemctl stop hubd")
        }
        let manifest: BackupFile.Manifest
        do {
            manifest = try restore(reader)
        } catch let error as FileError where error.path == "." || error.path.hasPrefix("./") {
            throw FileError(path: state + error.path.dropFirst(), doing: error.action, reason: error.reason)
        }
        _ = consume lock
        for path in manifest.elsewhere {
            Terminal.complain("hubctl: the hub also used \(path), which is not part of the backup")
        }
        try Output.show(manifest, json: json) {
            "\(manifest.site) as of \(manifest.madeAt) is restored to \(state); start the hub"
        }
    }

    private func restore(_ reader: BackupReader) throws -> BackupFile.Manifest {
        let restoration = Restoration(state: ".")
        return try BackupFile.reading(file) {
            try restoration.finishPending()
            guard replace || !restoration.isOccupied else {
                throw CommandFailure.failed("\(state) holds a hub's state; --replace puts it aside")
            }
            let progress = Progress()
            defer { progress.end() }
            let manifest = try restoration.stage(reader) { progress.show($0, "unpacked") }
            let read = try BackupFile.manifest(manifest)
            try restoration.commit()
            return read
        }
    }
}
