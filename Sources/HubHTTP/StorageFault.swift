internal import Files
internal import Glibc
package import HTTPTypes
internal import Store

/// The hub's disk does not take what a request would change. Told to those who can do something about it.
package struct StorageFault: PeerFacingError {
    private let fault: WriteFault

    /// - Returns: `nil` for an error that has another reason.
    package init?(_ error: any Error) {
        switch (error as? FileError)?.number {
        case ENOSPC, EDQUOT: fault = .full
        case EIO, EROFS: fault = .refused
        default:
            guard let fault = WriteFault(error) else { return nil }
            self.fault = fault
        }
    }

    /// 507 (RFC 4918 section 11.5).
    package var status: HTTPResponse.Status { .init(code: 507, reasonPhrase: "Insufficient Storage") }

    /// `storeFull` or `storeUnwritable`.
    package var code: String {
        switch fault {
        case .full: "storeFull"
        case .refused: "storeUnwritable"
        }
    }

    package var message: String {
        switch fault {
        case .full: "the hub's disk is full; nothing was changed"
        case .refused: "the hub's disk can't be written; nothing was changed"
        }
    }

    package var hint: String {
        switch fault {
        case .full: "make room on the disk of its state folder and try again"
        case .refused: "look at the disk of its state folder, and into its log"
        }
    }
}
