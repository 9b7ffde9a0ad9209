internal import Presence
internal import Wire

/// Files of a device over the update protocol's link (docs/protocols/mender.md 13.4).
struct MenderFiles: RemoteFiles {
    private let mailbox: LinkMailbox

    init(_ mailbox: LinkMailbox) {
        self.mailbox = mailbox
    }

    func describe(_ path: String) async throws -> RemoteFile {
        let file = try await mapped { transfer in try await transfer.info(path) }
        return RemoteFile(
            path: file.path, size: file.size, userID: file.userID, groupID: file.groupID, mode: file.mode)
    }

    func read(_ path: String) async throws -> any RemoteContent {
        let first = try await mapped { transfer in try await transfer.begin(path) }
        return Content(files: self, first: first)
    }

    func write(_ file: RemoteFile, _ content: () async throws -> [UInt8]?) async throws {
        let target = LinkBody.File(
            path: file.path, size: file.size, userID: file.userID, groupID: file.groupID, mode: file.mode)
        try await mapped { transfer in _ = try await transfer.send(target, content) }
    }

    func finish() async {
        await mailbox.finish()
    }

    private func mapped<Value>(_ body: (inout LinkTransfer<LinkMailbox>) async throws -> Value) async throws -> Value {
        var transfer = LinkTransfer(mailbox)
        do {
            return try await body(&transfer)
        } catch let error as LinkTransferError {
            switch error {
            case .notAFile: throw LinkError.notAFile
            case .outOfTurn: throw LinkError.outOfTurn
            }
        }
    }

    private struct Content: RemoteContent {
        let files: MenderFiles
        let first: [UInt8]

        func receive(_ take: ([UInt8]) async throws -> Void) async throws {
            try await files.mapped { transfer in _ = try await transfer.receive(first: first, take) }
        }
    }
}
