/// One line about a tunnel for the audit trail.
package struct TunnelNote: Sendable {
    let action: String
    let subject: String
    let requester: Requester
    let detail: KeyValuePairs<String, String>

    /// What was done, to which device, by whom.
    package init(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String>
    ) {
        self.action = action
        self.subject = subject
        self.requester = requester
        self.detail = detail
    }
}
