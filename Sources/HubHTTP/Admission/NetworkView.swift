/// What the hub knows of the networks it is attached to: who is a neighbour, and which addresses are one machine's.
package struct NetworkView: Sendable, Equatable {
    /// Networks without a router in between.
    package var ranges: [NetworkRange] = []
    /// The hub's own addresses.
    package var own: Set<SourceAddress> = []
    /// The neighbour table: whose address it is.
    package var links: [SourceAddress: LinkAddress] = [:]

    package init() {}

    /// Whether no router is in between: such a source has as many addresses as it likes, but they are its own.
    package func isOnLink(_ address: SourceAddress) -> Bool {
        address.isLinkLocal || ranges.contains { $0.contains(address) }
    }

    /// A name for the machine that has an address, the same for all its addresses: this machine, or a neighbour by its
    /// link-layer address. A neighbour whose link-layer address is not known goes by the address. `nil` for one that is
    /// not a neighbour.
    package func machine(at address: SourceAddress) -> String? {
        if address.isLoopback || own.contains(address) { return "this machine" }
        if let link = links[address] { return "link \(link)" }
        return isOnLink(address) ? "\(address)" : nil
    }
}
