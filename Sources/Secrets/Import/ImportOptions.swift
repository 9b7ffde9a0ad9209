package import Wire

/// How a CSV of secrets is imported.
package struct ImportOptions: Sendable, Equatable {
    /// Name of the source for the audit trail and the report.
    package var source: String
    /// Store the good rows although others are refused.
    package var partial = false
    /// Check only.
    package var dryRun = false
    /// Also replace secrets of devices that hold a certificate.
    package var replace = false
    package var ignoreUnknown = false

    /// The strict defaults.
    package init(source: String) {
        self.source = source
    }
}

/// What an import did.
package struct ImportResult: Sendable, Equatable {
    /// Number of the import; its report is named after it.
    package internal(set) var number: Int64 = 0
    package internal(set) var rows = 0
    /// Secrets of devices that had none.
    package internal(set) var added = 0
    /// Secrets that took another's place.
    package internal(set) var replaced = 0
    /// Rows whose secret was registered already.
    package internal(set) var unchanged = 0
    package internal(set) var refused = 0
    /// Secrets that are easy to guess.
    package internal(set) var weak = 0
    /// Rows without any content, which were skipped: spreadsheets write commas for rows that were emptied.
    package internal(set) var empty = 0
    /// Whether the good rows are stored.
    package internal(set) var isStored = false
    /// The first refused rows.
    package internal(set) var refusals: [RowRefusal] = []
    /// File with all refused rows, `nil` when there are none.
    package internal(set) var reportFile: String?
    /// Whether that file has refused rows as they were; false when one was larger than a row may be, and was cut.
    package internal(set) var isReportWhole = true
}

/// Why an import as a whole did not happen.
package enum ImportError: Error, Equatable, Sendable {
    /// The file is no such CSV.
    case badFile(String)
    /// The disk has no room; nothing became visible.
    case storeFull

    /// One line for a person.
    package var message: String {
        switch self {
        case .badFile(let reason): reason
        case .storeFull: "the disk is full; nothing was changed"
        }
    }
}
