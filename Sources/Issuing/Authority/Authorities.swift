package import PKI

/// The authorities whose certificates count: the one that signs, and during a rollover those before it.
package struct Authorities: Sendable {
    package let current: Authority
    /// Those whose certificates are still valid, newest first.
    package let previous: [Authority]
    /// Each authority's key signed by the one before it: lets those who trust only the older one go on to the newer.
    package let crossedByPrevious: [Certificate]
    /// The reverse: lets those who trust only the newer one verify what the older one signed.
    package let crossedOfPrevious: [Certificate]

    /// The set of one moment.
    package init(
        current: Authority, previous: [Authority] = [], crossedByPrevious: [Certificate] = [],
        crossedOfPrevious: [Certificate] = []
    ) {
        self.current = current
        self.previous = previous
        self.crossedByPrevious = crossedByPrevious
        self.crossedOfPrevious = crossedOfPrevious
        anchorsPEM = ([current] + previous).map(\.certificate.pem).joined()
    }

    /// All of them, newest first.
    package var all: [Authority] { [current] + previous }

    /// What devices believe, the current one first: the authorities themselves, not an offline root above them, since
    /// other hubs below that root are strangers.
    package var anchors: [Certificate] { all.map(\.certificate) }

    /// ``anchors`` as one PEM text.
    package let anchorsPEM: String

    /// ``anchors`` with what lies above them, as one PEM text: for servers that want a whole chain.
    package var bundlePEM: String { all.flatMap { [$0.certificate] + $0.chain }.map(\.pem).joined() }

    /// What a TLS server adds to its own certificate, so that clients who know only a root, be it the one before, can
    /// verify.
    package var chainToShow: [Certificate] { current.chainToShow + crossedByPrevious }

    /// What EST hands out as the site's authorities (docs/protocols/enrolment.md 1.1).
    package var published: [Certificate] {
        anchors + all.flatMap(\.chain) + crossedByPrevious + crossedOfPrevious
    }

    /// The authority of that number.
    package func authority(_ generation: Int64) -> Authority? { all.first { $0.generation == generation } }

    /// Verifies what any of them signed.
    package var trust: TrustStore { TrustStore(roots: all.map(\.certificate)) }
}
