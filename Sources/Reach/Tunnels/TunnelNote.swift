package import Journal

/// One event of tunnels for the audit trail.
package struct TunnelNote: Sendable {
    /// What was done: `tunnel.open`.
    package let action: String
    package let subject: String
    /// Who did it, and where from.
    package let requester: Requester
    /// The rest, by name.
    package let detail: KeyValuePairs<String, String>
    /// Who can bring it about.
    package let cause: AuditCause
    /// What the sum of many such events adds up.
    package let amounts: KeyValuePairs<String, Int>

    /// What was done, to which device, by whom.
    package init(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String>,
        cause: AuditCause = .proven, amounts: KeyValuePairs<String, Int> = [:]
    ) {
        self.action = action
        self.subject = subject
        self.requester = requester
        self.detail = detail
        self.cause = cause
        self.amounts = amounts
    }
}
