/// Messages of the admin API: what `hubctl` and `oob` ask the hub, as JSON over its Unix socket or, with a certificate
/// of OU admin, over TLS. Times are RFC 3339 UTC, sizes bytes, durations seconds with the unit in the name. The values
/// in Endpoints/ say where they are sent.

/// Part of a listing.
package struct AdminPage<Item: Codable & Sendable>: Codable, Sendable {
    /// In the order of the listing.
    package var items: [Item]
    /// Where the next page begins; `nil` at the end.
    package var after: String?

    package init(items: [Item], after: String?) {
        self.items = items
        self.after = after
    }
}

/// What went wrong, and what to do; codes are those of docs/error-codes.md.
package struct AdminFailure: Codable, Sendable {
    package struct Detail: Codable, Sendable {
        package var code: String
        package var message: String
        /// What to do next.
        package var hint: String
    }

    package var error: Detail
}

/// The hub's status.
package struct AdminStatus: Codable, Sendable {
    /// Release of the program.
    package var version: String
    /// `O` of its certificates.
    package var site: String
    package var startedAt: String
    /// Listener → address.
    package var listeners: [String: String]
    /// Name on the network, `nil` when not published.
    package var publishedName: String?
    /// Why it is not published.
    package var discoveryProblem: String?
    /// State → number of devices.
    package var devices: [String: Int]
    package var secrets: Int
    package var certificates: Int
    package var authority: AdminCertificateView
    package var time: String?
    /// What is wrong with the hub's clock: that it was set back since the start, say.
    package var clockProblem: String?

    package init(
        version: String, site: String, startedAt: String, listeners: [String: String], publishedName: String?,
        discoveryProblem: String?, devices: [String: Int], secrets: Int, certificates: Int,
        authority: AdminCertificateView, time: String? = nil, clockProblem: String? = nil
    ) {
        self.version = version
        self.site = site
        self.startedAt = startedAt
        self.listeners = listeners
        self.publishedName = publishedName
        self.discoveryProblem = discoveryProblem
        self.devices = devices
        self.secrets = secrets
        self.certificates = certificates
        self.authority = authority
        self.time = time
        self.clockProblem = clockProblem
    }
}

/// What a check of the audit trail or of a configuration found.
package struct AdminVerdict: Codable, Sendable {
    /// Whether all is well.
    package var isGood: Bool
    /// What was checked, or what is wrong, a line each.
    package var findings: [String]

    package init(isGood: Bool, findings: [String]) {
        self.isGood = isGood
        self.findings = findings
    }
}
