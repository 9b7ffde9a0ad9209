/// Who asks for a change, and from where: what the audit trail keeps.
package struct Requester: Sendable, Equatable {
    /// `device d1`, `admin CN`, `uid 0`, `hub`.
    package let name: String
    /// Network address without port, `local` for the Unix socket, `hub` for the hub itself.
    package let address: String

    package init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    /// The hub acting by itself: start, renewal of its own certificate, drop-in imports.
    package static let hub = Requester(name: "hub", address: "hub")
}
