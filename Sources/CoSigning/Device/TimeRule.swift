/// When a message counts (docs/protocols/cosign.md 5): by the device's clock, without one by the challenge that the
/// hub repeated, and from a medium by nothing but what the device has seen before.
struct TimeRule {
    private let circumstances: Verification.Circumstances
    /// No time before it is believed; Unix seconds.
    private let floor: Int64

    init(_ circumstances: Verification.Circumstances, floor: Int64) {
        self.circumstances = circumstances
        self.floor = floor
    }

    /// - Throws: `not_yet_valid`, `expired`, `stale`; `nonce_mismatch` without clock and challenge;
    ///   `missing_authorization` where only the co-signature could say the time.
    func check(_ claims: Claims, _ authorization: Authorization) throws(CoSignError) {
        if let clock = circumstances.clock {
            let now = max(clock, floor)
            try checkBegin(claims, authorization, now)
            try checkEnd(claims, authorization, now)
        } else if circumstances.isOffline, circumstances.challenge == nil {
            try checkEnd(claims, authorization, floor)
        } else {
            guard circumstances.challenge != nil else {
                throw CoSignError(.nonceMismatch, "a device without a clock needs its challenge back")
            }
            guard let issuedAt = authorization.issuedAt else {
                throw CoSignError(.missingAuthorization, "the co-signature does not say when it was made")
            }
            guard issuedAt >= floor - CoSignLimits.early else {
                throw CoSignError(.stale, "the hub's time lies before what this device has seen")
            }
            let now = max(floor, issuedAt)
            try checkBegin(claims, authorization, now)
            try checkEnd(claims, authorization, now)
        }
    }

    private func checkBegin(_ claims: Claims, _ authorization: Authorization, _ now: Int64) throws(CoSignError) {
        var begins = [claims.notBefore, claims.issuedAt, authorization.issuedAt].compactMap { $0 }
        if !claims.id.isEnd { begins.append(claims.id.time) }
        guard begins.allSatisfy({ now >= $0 - CoSignLimits.early }) else {
            throw CoSignError(.notYetValid, "the message is not valid yet")
        }
    }

    private func checkEnd(_ claims: Claims, _ authorization: Authorization, _ now: Int64) throws(CoSignError) {
        var ends = [claims.end] + [authorization.end].compactMap { $0 }
        if claims.id.isEnd { ends.append(claims.id.time) }
        guard ends.allSatisfy({ now <= $0 + CoSignLimits.late }) else {
            throw CoSignError(.expired, "the message is not valid any more")
        }
        // An id that was made before its message began.
        if !claims.id.isEnd, let begin = claims.notBefore, claims.id.time < begin - CoSignLimits.early {
            throw CoSignError(.expired, "the id of the message is older than the message")
        }
    }
}
