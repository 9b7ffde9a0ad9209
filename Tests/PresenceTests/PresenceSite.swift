import Foundation
import Journal
import PKI
import Presence
import Store
import Synchronization
import Wire

/// Presence over a journal of its own, and nothing above it.
final class PresenceSite: Sendable {
    /// A clock that stands still until it is moved.
    final class Clock: Sendable {
        private let seconds = Atomic<Int64>(1_900_000_000)

        var now: Int64 { seconds.load(ordering: .relaxed) }

        func advance(by amount: Int64) {
            seconds.add(amount, ordering: .relaxed)
        }
    }

    let clock = Clock()
    let journal: Journal
    let presence: Presence
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "presence-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let store = try Store(
            path: folder + "/store.db", sealingKey: .random(), migrations: [Journal.addMigrations])
        journal = Journal(store: store, now: { [clock] in clock.now })
        presence = Presence(journal: journal)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A link of a protocol that does nothing but count how it ends.
final class ScriptedLink: DeviceLink {
    let device: DeviceID
    let name: String
    let abilities: LinkAbilities
    let credential: String?
    private let ends = Mutex<[LinkClosing]>([])

    init(_ device: DeviceID, _ abilities: LinkAbilities = [], name: String = "scripted", credential: String? = nil) {
        self.credential = credential
        self.device = device
        self.name = name
        self.abilities = abilities
    }

    var closings: [LinkClosing] { ends.withLock { Array($0) } }

    func close(_ reason: LinkClosing) {
        ends.withLock { $0.append(reason) }
    }

    func tell(_ message: LinkMessage, by visitor: LinkVisitor) async throws {
        throw LinkError.unsupported
    }

    func files(by visitor: LinkVisitor) throws(LinkError) -> any RemoteFiles {
        throw .unsupported
    }

    func open(_ target: LinkTarget, by visitor: LinkVisitor) async throws -> any LinkStream {
        throw LinkError.unsupported
    }
}
