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
