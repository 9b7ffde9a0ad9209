package import Journal
package import Wire

/// A device's live connection, whatever protocol it speaks. A server of a protocol that keeps devices connected
/// implements it and hands it to ``Presence/serve(_:isAllowed:_:)``.
package protocol DeviceLink: AnyObject, Sendable {
    /// The device's record.
    var device: DeviceID { get }
    /// Name of the protocol, for people: `mender`, `nerveshub`. A device has one link of each.
    var name: String { get }
    /// Network address of the device, without port.
    var address: String { get }
    /// What the link was opened with, when that can end by itself: the shared key's name.
    var credential: String? { get }
    /// What the protocol offers now; the device itself may still refuse.
    var abilities: LinkAbilities { get }

    /// Ends the connection without waiting for the device.
    func close(_ reason: LinkClosing)

    /// Tells the device something that needs no answer.
    ///
    /// - Throws: ``LinkError``; what the audit trail throws.
    func tell(_ message: LinkMessage, by visitor: LinkVisitor) async throws

    /// Begins a session with the device's files; ``RemoteFiles/finish()`` must follow.
    func files(by visitor: LinkVisitor) throws(LinkError) -> any RemoteFiles

    /// Opens a shell or a connection into the device's network; ``LinkStream/finish()`` must follow.
    ///
    /// - Throws: ``LinkError``; what the audit trail throws.
    func open(_ target: LinkTarget, by visitor: LinkVisitor) async throws -> any LinkStream

    /// Runs a script on the device and waits for what it says.
    ///
    /// - Throws: ``LinkError``; what the audit trail throws.
    func run(_ script: LinkScript, by visitor: LinkVisitor) async throws -> LinkScriptResult
}

extension DeviceLink {
    package var address: String { "" }
    package var credential: String? { nil }

    package func run(_ script: LinkScript, by visitor: LinkVisitor) async throws -> LinkScriptResult {
        throw LinkError.unsupported
    }
}

/// A script for a device, in the language its software takes.
package struct LinkScript: Sendable, Equatable {
    package let text: String
    /// Time the device gives it; `nil` for the device's own.
    package let timeout: Duration?

    /// Longest text, in bytes (docs/protocols/device-link.md 14).
    package static let textLimit = 64 << 10

    package init(_ text: String, timeout: Duration? = nil) {
        self.text = text
        self.timeout = timeout
    }
}

/// What came of a script.
package struct LinkScriptResult: Sendable, Equatable {
    /// Whether it ran to its end; what it says itself may still be an error.
    package let isCompleted: Bool
    /// What it wrote, cut to ``LinkScript/textLimit``; words of the device, not to be trusted.
    package let output: String
    /// Its value, or its exit code.
    package let value: String
    /// Why it did not run to its end: `timeout`, `disabled`.
    package let reason: String?

    package init(isCompleted: Bool, output: String, value: String, reason: String?) {
        (self.isCompleted, self.output, self.value, self.reason) = (isCompleted, output, value, reason)
    }
}

/// What a link can do for people.
package struct LinkAbilities: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    package static let shell = LinkAbilities(rawValue: 1)
    package static let files = LinkAbilities(rawValue: 2)
    /// Connections into the device's network.
    package static let ports = LinkAbilities(rawValue: 4)
    /// It can be told that something is there to install.
    package static let push = LinkAbilities(rawValue: 8)
    package static let reboot = LinkAbilities(rawValue: 16)
    /// It can make itself known to somebody who stands before it.
    package static let identify = LinkAbilities(rawValue: 32)
    package static let scripts = LinkAbilities(rawValue: 64)

    /// The words for people, in one order.
    package var words: [String] {
        let all: [(LinkAbilities, String)] = [
            (.shell, "shell"), (.files, "files"), (.ports, "ports"), (.push, "push"), (.reboot, "reboot"),
            (.identify, "identify"), (.scripts, "scripts"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}

/// Why the hub ends a link.
package enum LinkClosing: Sendable {
    /// The device connected once more.
    case replaced
    /// The device's rights have ended.
    case forbidden
    /// An operator wants it to connect again.
    case disconnected
    /// The hub stops; the device is to come back later.
    case restarting
}

/// What a device may be told.
package enum LinkMessage: Sendable {
    /// Something is there to install: ask now.
    case updateWaits
    /// Report your inventory now.
    case reportInventory
    case reboot
    /// Show which device you are.
    case identify
    /// Report your health now: somebody looks.
    case reportHealth
}

/// What bytes go to.
package enum LinkTarget: Sendable, Equatable {
    case shell(columns: Int, rows: Int)
    /// - Parameter host: as the device sees it.
    case port(host: String, port: UInt16)
}

/// The person who acts on a device.
package struct LinkVisitor: Sendable {
    /// What the device is told: it counts shells by it.
    package let id: String
    /// What the audit trail is told.
    package let requester: Requester
    /// What a session of theirs rests on.
    package let right: LinkRight

    package init(id: String, requester: Requester, right: LinkRight = .connection) {
        self.id = id
        self.requester = requester
        self.right = right
    }
}

/// What an operator's session rests on, and ends with.
package enum LinkRight: Sendable, Equatable {
    /// A certificate or the local socket: the session ends with its connection.
    case connection
    /// A user's token, by its number, valid until a moment in Unix seconds; `nil` when it does not expire.
    case token(String, user: String, until: Int64?)
}
