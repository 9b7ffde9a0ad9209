/// Spreads the end of what began under an earlier certificate over a grace time: each second its share of what is left,
/// so that those who come again do not come all at once. Pure: a second goes in, how many end in it comes out.
package struct CertificateMove: Sendable {
    private let seconds: Int
    private var shown: [[UInt8]]
    private var secondsLeft: Int?

    /// - Parameters:
    ///   - shown: certificates shown now, DER.
    ///   - seconds: the grace time; 0: all at once.
    package init(shown: [[UInt8]], seconds: Int) {
        self.shown = shown
        self.seconds = max(0, seconds)
    }

    /// Whether some may be left of what began under an earlier certificate.
    package var isUnderWay: Bool { secondsLeft != nil }

    /// Whether a connection that was shown this certificate should come again.
    package func isOutdated(_ certificate: [UInt8]) -> Bool {
        !shown.contains(certificate)
    }

    /// Looks which certificates are shown now; one more change while a move is under way gives all of it the whole time
    /// again.
    ///
    /// - Returns: whether they changed since the last look.
    package mutating func look(_ now: [[UInt8]]) -> Bool {
        guard now != shown else { return false }
        shown = now
        secondsLeft = seconds
        return true
    }

    /// A second is over.
    ///
    /// - Parameter left: how many there still are.
    /// - Returns: how many of them end now.
    package mutating func share(of left: Int) -> Int {
        guard let remaining = secondsLeft else { return 0 }
        secondsLeft = left > 0 && remaining > 1 ? remaining - 1 : nil
        guard remaining > 1 else { return left }
        return (left + remaining - 1) / remaining
    }
}
