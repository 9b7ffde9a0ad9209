/// One line about a tunnel for the audit trail.
package struct TunnelNote: Sendable {
    /// What was done: `tunnel.open`.
    package let action: String
    /// The device.
    package let subject: String
    /// Who did it, and where from.
    package let requester: Requester
    /// The rest, by name.
    package let detail: KeyValuePairs<String, String>

    /// What was done, to which device, by whom.
    package init(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String>
    ) {
        self.action = action
        self.subject = subject
        self.requester = requester
        self.detail = detail
    }

    /// What lines of one moment are sorted by.
    package var order: String { "\(action) \(subject) \(requester.name) \(requester.address)" }
}
