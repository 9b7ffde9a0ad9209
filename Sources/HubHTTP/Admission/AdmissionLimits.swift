/// How many connections one source may have, as the operator sets it for all listeners.
package struct SourceLimits: Sendable, Equatable {
    /// Connections of one source; 0: as many as it likes.
    package var perAddress = 256
    /// Connections of one address of this machine; 0: as many as it likes.
    package var perAddressLoopback = 0
    /// Networks of a NAT or a reverse proxy, behind each of whose addresses are many: no bound per address.
    package var trustedNetworks: [NetworkRange] = []

    package init() {}
}

/// How many connections a listener takes.
package struct AdmissionLimits: Sendable, Equatable {
    package var places: Int
    /// Connections of one source.
    package var sources: SourceLimits

    /// - Parameter places: connections in all.
    package init(places: Int, sources: SourceLimits = SourceLimits()) {
        self.places = places
        self.sources = sources
    }

    /// What one prefix may take of the places: the rest of the world keeps the other half.
    var perPrefix: Int { max(1, places / 2) }
}
