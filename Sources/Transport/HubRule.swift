package import PKI

/// Which certificates of the site pass for the hub's.
package enum HubRule: Sendable, Equatable {
    /// The one with the hub's mark only.
    case marked
    /// Also the form of releases before the mark: no OU at all.
    case markedOrOldForm

    /// Whether a certificate, whose chain was verified, is the hub's.
    package func admits(_ certificate: Certificate) -> Bool {
        switch HubRecognition(certificate) {
        case .marked: true
        case .oldForm: self == .markedOrOldForm
        case .other: false
        }
    }
}
