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

package struct AdminDevice: Codable, Sendable {
    package var deviceID: String
    /// `pending`, `approved`, `revoked`, `rejected`, `removed`.
    package var state: String
    package var ou: String
    package var deviceType: String?
    /// Address it was last seen from.
    package var address: String?
    /// MAC address it claims.
    package var mac: String?
    /// SHA-256 of the key it last asked with; while it waits, of the one it first asked with.
    package var fingerprint: String?
    /// How often another key asked in its name while it waits, as far as written down; absent when none did.
    package var otherKeys: Int?
    /// First request.
    package var firstSeen: String
    package var lastSeen: String
    /// Serial of its newest certificate.
    package var serial: String?
    /// End of that certificate.
    package var notAfter: String?
    /// How often it asked while it waited, as far as written down; only in listings of pending devices.
    package var timesAsked: Int?
    /// What it calls itself in the update protocol; absent when it does not speak that.
    package var identity: AdminIdentity?
    /// What is known of it beside its identity; only of one device.
    package var inventory: [AdminAttribute]?
    /// Why its ID could be no new device's; only in the listing of such IDs.
    package var idProblem: String?

    package init(deviceID: String, state: String, ou: String, firstSeen: String, lastSeen: String) {
        self.deviceID = deviceID
        self.state = state
        self.ou = ou
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}

/// Approves a device: by the secret it waits for, or by its key's fingerprint.
package struct AdminApproval: Codable, Sendable {
    package var secret: String?
    /// RFC 3339 date or time.
    package var validUntil: String?
    /// SHA-256 of the key, hexadecimal.
    package var fingerprint: String?

    package init(secret: String? = nil, validUntil: String? = nil, fingerprint: String? = nil) {
        self.secret = secret
        self.validUntil = validUntil
        self.fingerprint = fingerprint
    }
}

/// A secret to register, or one that is registered.
package struct AdminSecret: Codable, Sendable {
    /// Device it belongs to.
    package var deviceID: String
    /// The secret; absent in listings unless asked for.
    package var secret: String?
    /// A pairing record instead of the secret (docs/protocols/secure-pairing.md section 3): hexadecimal.
    package var record: AdminPairingRecord?
    /// RFC 3339.
    package var validUntil: String?
    package var ou: String?
    package var deviceType: String?
    /// `hmac`, `spake2plus`, `any`.
    package var pairing: String?
    /// `key=value;…`.
    package var tags: String?
    /// Free text.
    package var note: String?
    /// Nobody's proof is looked at until then; absent when it is.
    package var lockedUntil: String?
    /// How many addresses are locked out for what they guessed, while others are heard; absent when there is none.
    package var lockedAddresses: Int?
    /// Replace the secret of a device that already holds a certificate.
    package var replace: Bool?

    package init(deviceID: String, secret: String? = nil) {
        self.deviceID = deviceID
        self.secret = secret
    }
}

/// What the hub keeps of a secret that is for pairing only; bytes as hexadecimal digits.
package struct AdminPairingRecord: Codable, Sendable {
    /// 16 to 32 bytes.
    package var salt: String
    /// 1,000 to 100,000.
    package var iterations: Int
    /// 32 bytes.
    package var w0: String
    /// 65 bytes.
    package var l: String

    package init(salt: String, iterations: Int, w0: String, l: String) {
        self.salt = salt
        self.iterations = iterations
        self.w0 = w0
        self.l = l
    }
}

/// What an import did.
package struct AdminImportSummary: Codable, Sendable {
    /// Rows read, without the header.
    package var rows: Int
    /// Secrets that are new.
    package var added: Int
    /// Secrets that replaced another.
    package var replaced: Int
    /// Rows that were there already.
    package var unchanged: Int
    /// Rows that were refused.
    package var refused: Int
    /// Secrets that are easy to guess (docs/protocols/secure-pairing.md 1).
    package var weak: Int
    /// Rows of commas alone, which were skipped and are in no other number; absent when there was none.
    package var empty: Int?
    /// Whether anything was stored.
    package var isStored: Bool
    /// The first refused rows.
    package var refusals: [AdminRefusal]
    /// The report of all refused rows, to be fetched; `nil` when there are none.
    package var report: String?
    /// The report's file on the hub's machine; absent when there is none.
    package var reportFile: String?

    package init(
        rows: Int, added: Int, replaced: Int, unchanged: Int, refused: Int, weak: Int, isStored: Bool,
        refusals: [AdminRefusal], report: String?
    ) {
        self.rows = rows
        self.added = added
        self.replaced = replaced
        self.unchanged = unchanged
        self.refused = refused
        self.weak = weak
        self.isStored = isStored
        self.refusals = refusals
        self.report = report
    }
}

/// One refused row of an import.
package struct AdminRefusal: Codable, Sendable, Equatable {
    /// Line of the file, from 1.
    package var line: Int
    /// Column's name, empty for the row as a whole.
    package var column: String
    package var reason: String

    package init(line: Int, column: String, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }
}

/// A service of the directory.
package struct AdminService: Codable, Sendable {
    /// Name that devices ask for.
    package var name: String
    package var url: String
    /// OU a device needs there.
    package var ou: String?

    package init(name: String, url: String, ou: String? = nil) {
        self.name = name
        self.url = url
        self.ou = ou
    }
}

package struct AdminCertificateView: Codable, Sendable {
    /// Lower-case hexadecimal.
    package var serial: String
    package var commonName: String
    package var ou: String
    /// Begin of its life.
    package var notBefore: String
    /// End of its life.
    package var notAfter: String
    /// When it was revoked.
    package var revokedAt: String?
    /// Why it was revoked: `keyCompromise`, `certificateHold` and so on.
    package var reason: String?
    /// SHA-256 of the certificate.
    package var fingerprint: String?
    /// The certificate; in listings absent.
    package var pem: String?
    /// Its whole subject in the form of RFC 2253; absent for devices.
    package var subject: String?

    /// Whether nothing but the serial is known, and that it was revoked.
    package var isUnknown: Bool { commonName.isEmpty && ou.isEmpty }

    package init(
        serial: String, commonName: String, ou: String, notBefore: String, notAfter: String, revokedAt: String? = nil,
        fingerprint: String? = nil, pem: String? = nil
    ) {
        self.serial = serial
        self.commonName = commonName
        self.ou = ou
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.revokedAt = revokedAt
        self.fingerprint = fingerprint
        self.pem = pem
    }
}

/// Asks for a certificate for a public key.
package struct AdminCertificateRequest: Codable, Sendable {
    package var commonName: String
    /// Role: `client`, `service`, `plugin`, `admin`.
    package var ou: String
    /// `PUBLIC KEY` block.
    package var publicKeyPEM: String
    /// DNS names, IP addresses and URIs, where the profile admits them.
    package var names: [String]?
    /// Life in days instead of the profile's.
    package var validityDays: Int?

    package init(commonName: String, ou: String, publicKeyPEM: String, names: [String]?, validityDays: Int?) {
        self.commonName = commonName
        self.ou = ou
        self.publicKeyPEM = publicKeyPEM
        self.names = names
        self.validityDays = validityDays
    }
}

package struct AdminUser: Codable, Sendable {
    package var name: String
    /// `viewer`, `operator`, `admin`.
    package var role: String?
    /// Only on the way to the hub.
    package var password: String?
    /// When the user was made.
    package var createdAt: String?

    package init(name: String, role: String? = nil, password: String? = nil, createdAt: String? = nil) {
        self.name = name
        self.role = role
        self.password = password
        self.createdAt = createdAt
    }
}

/// One event of the audit trail.
package struct AdminAuditEvent: Codable, Sendable {
    /// Place in the trail.
    package var sequence: Int64
    package var at: String
    package var requester: String
    package var address: String
    package var action: String
    package var subject: String
    package var detail: [String: String]

    package init(
        sequence: Int64, at: String, requester: String, address: String, action: String, subject: String,
        detail: [String: String]
    ) {
        self.sequence = sequence
        self.at = at
        self.requester = requester
        self.address = address
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// Asks to remove old events of the audit trail.
package struct AdminAuditPrune: Codable, Sendable {
    /// Only events older than this: a time, a day or a span.
    package var before: String

    package init(before: String) {
        self.before = before
    }
}

/// What was removed from the audit trail.
package struct AdminAuditPruned: Codable, Sendable {
    package var removed: Int64
    /// Number of the first event that is left.
    package var first: Int64
    /// The moment that was meant, RFC 3339.
    package var before: String
    /// Whether more are old enough: then ask again.
    package var hasMore: Bool

    package init(removed: Int64, first: Int64, before: String, hasMore: Bool) {
        self.removed = removed
        self.first = first
        self.before = before
        self.hasMore = hasMore
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
