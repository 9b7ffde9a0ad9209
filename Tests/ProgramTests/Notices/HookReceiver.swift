import Encoding
import Foundation
import HostilePeer
import PKI
internal import Synchronization

/// A receiver of webhooks that checks every message by itself, and refuses while it is told to.
final class HookReceiver: Sendable {
    struct Message: Sendable, Equatable {
        var event: String
        var subject: String
        var id: String
        var isTaken: Bool
        /// What is wrong with it.
        var fault: String?
    }

    let messages = Watched<[Message]>([])
    private let refuses = Mutex(false)
    private let key = SecureRandom.bytes(32)

    /// As operators give it to the hub.
    var secret: String { "whsec_" + Data(key).base64EncodedString() }
    /// Part of the secret as bytes, to look for.
    var keyStart: [UInt8] { Array(key.prefix(16)) }

    func refuse(_ isRefusing: Bool) {
        refuses.withLock { $0 = isRefusing }
    }

    func serve(_ peer: PeerConnection) async throws {
        while let request = try await peer.request() {
            let isTaken = refuses.withLock { !$0 }
            let message = read(request, isTaken: isTaken)
            messages.change { $0.append(message) }
            try await peer.answer(isTaken ? 204 : 503)
        }
    }

    /// Waits for a message; the first of its kind.
    func wait(for event: String, about subject: String, isTaken: Bool = true) async throws -> Message {
        let found = await messages.wait { messages in
            messages.first { $0.event == event && $0.subject == subject && $0.isTaken == isTaken }
        }
        guard let found else {
            throw RunningProgram.Failure(description: "no \(event) about \(subject) in \(messages.value)")
        }
        return found
    }

    /// Standard Webhooks: signed are ID, time and body, with dots between.
    private func read(_ request: PeerRequest, isTaken: Bool) -> Message {
        let id = request.headers["webhook-id"] ?? ""
        let time = request.headers["webhook-timestamp"] ?? ""
        let tag = HMACSHA256.authenticate(Array("\(id).\(time).".utf8) + request.body, key: key)
        let body = (try? JSONValue(parsing: request.body)) ?? .null
        var message = Message(
            event: body["event"]?.string ?? "", subject: body["subject"]?.string ?? "", id: id, isTaken: isTaken)
        if request.headers["webhook-signature"] != "v1," + Data(tag).base64EncodedString() {
            message.fault = "signature"
        } else if abs(Date().timeIntervalSince1970 - (Double(time) ?? 0)) > 120 {
            message.fault = "time"
        } else if body.members?.map(\.name) != ["id", "event", "at", "subject", "detail"] || body["id"]?.string != id {
            message.fault = "body"
        }
        return message
    }
}
