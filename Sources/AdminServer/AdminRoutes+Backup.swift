internal import AdminAPI
internal import Administration
internal import HubHTTP
internal import Hummingbird
internal import NIOCore

extension AdminRoutes {
    func addBackup(to group: RouterGroup<HubContext>) {
        group.serve(HubEndpoints.backup) { request in
            let backup = try await request.body()
            guard backup.passphrase.count >= AdminBackup.shortestPassphrase else {
                throw AdminError.badRequest(
                    "the passphrase must have \(AdminBackup.shortestPassphrase) or more characters")
            }
            let prepared = try await hub.backups.prepare(
                passphrase: backup.passphrase, artifacts: backup.artifacts ?? false, by: request.requester)
            return Response(
                status: .ok, headers: [.contentType: "application/octet-stream"],
                body: ResponseBody { writer in
                    let taker = Taker(writer)
                    try await prepared.write { bytes in
                        try await taker.writer.write(ByteBuffer(bytes: bytes))
                    }
                    try await taker.writer.finish(nil)
                })
        }
    }
}

/// Holds a response's writer while parts arrive one after the other: each waits until the one before was taken, so
/// memory stays small.
private final class Taker {
    var writer: any ResponseBodyWriter

    init(_ writer: any ResponseBodyWriter) {
        self.writer = writer
    }
}
