/// How long after its end a device's certificate is still good for a renewal: off unless the operator says otherwise.
package struct GracePolicy: Sendable, Equatable {
    /// The rule of one kind of device.
    package struct Rule: Sendable, Equatable {
        /// Seconds after the certificate's end; 0 is off.
        package var seconds: Int64
        /// Whether the operator must approve each renewal by the key's fingerprint.
        package var needsApproval: Bool

        package init(seconds: Int64 = 0, needsApproval: Bool = false) {
            self.seconds = min(max(seconds, 0), Issuer.graceLimit)
            self.needsApproval = needsApproval
        }
    }

    /// For devices of no other rule.
    package var standard = Rule()
    /// Device type → rule.
    package var byType: [String: Rule] = [:]

    /// No grace at all.
    package init() {}

    package func rule(for deviceType: String?) -> Rule {
        deviceType.flatMap { byType[$0] } ?? standard
    }

    /// The longest any device may be late, in seconds.
    package var longestSeconds: Int64 {
        max(standard.seconds, byType.values.map(\.seconds).max() ?? 0)
    }
}
