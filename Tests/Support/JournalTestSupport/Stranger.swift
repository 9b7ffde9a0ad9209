package import Journal

extension Requester {
    /// Somebody who proved nothing.
    package static func stranger(at address: String) -> Requester {
        Requester(name: "anonymous", address: address)
    }
}
