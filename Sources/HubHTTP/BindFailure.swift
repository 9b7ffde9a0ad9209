internal import Glibc
internal import NIOCore

/// Why a listener can't have its address, for the operator who set it.
package enum BindFailure {
    /// What is wrong and what to do; the error's own text when it is none of the common ones.
    package static func text(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "the address is taken by another program; stop that, or set another address"
        case EADDRNOTAVAIL: "this machine has no such address; set one of its own"
        case EACCES: "ports below 1024 need a right (CAP_NET_BIND_SERVICE); set another port"
        default: "\(error)"
        }
    }
}
