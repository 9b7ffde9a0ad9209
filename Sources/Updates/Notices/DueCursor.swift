internal import Synchronization
internal import Wire

/// Turns through more devices than are told at once, so that each has its turn.
final class DueCursor: Sendable {
    private let last = Mutex<DeviceID?>(nil)

    /// The next devices of a sorted list, from behind the last of the call before; those that are left out are next.
    func turn(_ devices: [DeviceID], limit: Int) -> [DeviceID] {
        guard devices.count > limit else { return devices }
        return last.withLock { last in
            let start = last.flatMap { last in devices.firstIndex { $0 > last } } ?? 0
            let chosen = (0..<limit).map { devices[(start + $0) % devices.count] }
            last = chosen.last
            return chosen
        }
    }
}
