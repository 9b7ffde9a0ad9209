package import PKI

/// The authorities whose certificates count: the one that signs, and during a rollover those before it.
package struct Authorities: Sendable {
    /// Signs everything new.
    package let current: Authority
    /// Those whose certificates still count, newest first.
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
        let all = [current] + previous
        anchorsPEM = (Self.anchors(of: all) + all.flatMap(\.intermediates)).map(\.pem).joined()
    }

    /// All of them, newest first.
    package var all: [Authority] { [current] + previous }

    /// What clients should believe, the current one first.
    package var anchors: [Certificate] { Self.anchors(of: all) }

    private static func anchors(of all: [Authority]) -> [Certificate] {
        var anchors: [Certificate] = []
        for authority in all where !anchors.contains(authority.anchor) { anchors.append(authority.anchor) }
        return anchors
    }

    /// What devices keep to recognise the site by: ``anchors``, and behind them the authorities below an offline root, for clients that
    /// can't fetch what lies between. One PEM text.
    package let anchorsPEM: String

    /// What a TLS server adds to its own certificate, so that clients who know only a root, be it the one before, can verify.
    package var chainToShow: [Certificate] { current.intermediates + crossedByPrevious }

    /// What EST hands out as the site's authorities (spec/enrolment.md 1.1).
    package var published: [Certificate] {
        anchors + all.flatMap(\.intermediates) + crossedByPrevious + crossedOfPrevious
    }

    /// The authority of that number.
    package func authority(_ generation: Int64) -> Authority? { all.first { $0.generation == generation } }

    /// Verifies what any of them signed.
    package var trust: TrustStore { TrustStore(roots: all.map(\.certificate)) }
}
