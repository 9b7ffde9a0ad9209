internal import Synchronization
package import Wire

/// The last comings and goings of links, for those who watch them.
package final class LinkHistory: Sendable {
    package enum Kind: String, Sendable {
        case connected, disconnected
    }

    package struct Event: Sendable, Equatable {
        /// Counts up, also from one run of the hub to the next, as long as its clock does.
        package let number: Int
        package let kind: Kind
        package let device: DeviceID
        /// The link's protocol.
        package let name: String
        package let address: String
        /// Unix seconds.
        package let at: Int64
    }

    /// Events that are kept.
    package static let limit = 4096
    private struct Ring {
        var events: [Event] = []
        var last = 0
    }

    private let ring = Mutex(Ring())
    private let first: Int

    /// - Parameter now: Unix seconds.
    init(now: Int64) {
        first = Int(clamping: now) << 20
        ring.withLock { $0.last = first }
    }

    /// The number of the newest event.
    package var last: Int { ring.withLock(\.last) }

    /// The events behind a number, oldest first; those that are not kept any more are left out.
    package func events(after number: Int) -> [Event] {
        ring.withLock { ring in
            ring.events.filter { $0.number > number }.sorted { $0.number < $1.number }
        }
    }

    func note(_ kind: Kind, _ link: any DeviceLink, at seconds: Int64) {
        ring.withLock { ring in
            ring.last += 1
            let event = Event(
                number: ring.last, kind: kind, device: link.device, name: link.name, address: link.address,
                at: seconds)
            // A place in the ring is the number's; nothing is moved.
            if ring.events.count < Self.limit {
                ring.events.append(event)
            } else {
                ring.events[(ring.last - first - 1) % Self.limit] = event
            }
        }
    }
}
