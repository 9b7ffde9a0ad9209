/// What the network can see of a published service.
package enum PublicationState: Sendable, Equatable, CustomStringConvertible {
    /// Not visible at present, and why; the publisher goes on trying by itself.
    case waiting(reason: String)
    /// Visible under this name, which differs from the wished one after a collision.
    case established(name: String)

    package var description: String {
        switch self {
        case .waiting(let reason): "waiting \(reason)"
        case .established(let name): "established \(name)"
        }
    }
}
