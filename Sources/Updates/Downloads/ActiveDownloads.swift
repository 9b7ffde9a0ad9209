package import Journal
internal import Synchronization
internal import Wire

/// Downloads under way, by device: those of a device that is shut out end at once.
package final class ActiveDownloads: Sendable {
    private let downloads = Mutex<[DeviceID: [Download]]>([:])

    /// One download; asks before each part whether it may go on.
    package final class Download: Sendable {
        private let isStopped = Atomic<Bool>(false)
        private let onStop: @Sendable () -> Void

        /// One that has not begun.
        ///
        /// - Parameter onStop: ends its connection, for one whose peer takes nothing and so never comes to its next
        ///   part.
        package init(onStop: @escaping @Sendable () -> Void = {}) {
            self.onStop = onStop
        }

        /// Whether the device may not have the rest.
        package var mustStop: Bool { isStopped.load(ordering: .acquiring) }

        func stop() {
            isStopped.store(true, ordering: .releasing)
            onStop()
        }
    }

    package init() {}

    /// How many there are.
    package var count: Int { downloads.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// How many a device has.
    package func count(of deviceID: String) -> Int { downloads.withLock { $0[DeviceID(deviceID)]?.count ?? 0 } }

    /// A download begins; ``end(_:of:)`` must follow.
    package func begin(_ download: Download, of deviceID: String) {
        downloads.withLock { $0[DeviceID(deviceID), default: []].append(download) }
    }

    /// A download is over.
    package func end(_ download: Download, of deviceID: String) {
        downloads.withLock { downloads in
            let device = DeviceID(deviceID)
            downloads[device]?.removeAll { $0 === download }
            if downloads[device]?.isEmpty == true { downloads[device] = nil }
        }
    }

    private func stop(_ device: DeviceID) {
        for download in downloads.withLock({ $0[device] ?? [] }) { download.stop() }
    }
}

extension ActiveDownloads: EndingSubscriber {
    package func hear(_ ending: Ending) {
        switch ending {
        case .device(let device): stop(device)
        case .deviceLink, .linkKey, .certificates, .tunnelToken, .userToken, .user, .time, .clockSetBack: break
        }
    }
}
