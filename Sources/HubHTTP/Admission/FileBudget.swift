internal import Synchronization

/// The open files that connections may take, shared by all listeners so that none starves the others.
///
/// Each purpose has files that only it may use, the rest are anybody's: with all other listeners full, certificates are
/// still checked (CRL and OCSP) and the hub is still administered.
package final class FileBudget: Sendable {
    /// What connections are for.
    package enum Purpose: Int, Sendable, CaseIterable {
        /// The TLS listener of all protocols.
        case https
        case pki
        case tunnels
        /// Unix sockets of administration and monitors.
        case admin

        /// How many parts of 32 are kept for it alone.
        fileprivate var share: Int {
            switch self {
            case .https, .tunnels: 8
            case .pki: 4
            case .admin: 1
            }
        }
    }

    private let kept: [Int]
    private let common: Int
    private let taken = Mutex((own: [Int](repeating: 0, count: Purpose.allCases.count), common: 0))

    /// - Parameter files: open files that all connections together may take.
    package init(files: Int) {
        let files = max(0, files)
        kept = Purpose.allCases.map { max(1, files * $0.share / 32) }
        common = max(0, files - kept.reduce(0, +))
    }

    /// The most connections that this purpose can have when the others have few.
    package func most(for purpose: Purpose) -> Int { kept[purpose.rawValue] + common }

    /// How many connections of this purpose are there.
    package func count(of purpose: Purpose) -> Int { taken.withLock { $0.own[purpose.rawValue] } }

    /// Takes a file; `false` when none is left for this purpose.
    func take(_ purpose: Purpose) -> Bool {
        taken.withLock { taken in
            if taken.own[purpose.rawValue] >= kept[purpose.rawValue] {
                guard taken.common < common else { return false }
                taken.common += 1
            }
            taken.own[purpose.rawValue] += 1
            return true
        }
    }

    /// Gives a file back that ``take(_:)`` gave.
    func giveBack(_ purpose: Purpose) {
        taken.withLock { taken in
            if taken.own[purpose.rawValue] > kept[purpose.rawValue] { taken.common -= 1 }
            taken.own[purpose.rawValue] -= 1
        }
    }
}
