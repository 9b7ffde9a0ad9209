internal import CoSigning
internal import Devices
package import Encoding
internal import Issuing
internal import Journal
internal import People
internal import Presence
internal import Reach
internal import Releases
internal import Secrets
internal import Updates

/// Every case of every error of the hub's rooms, each once, for tests that go through all of them.
package enum ErrorSamples {
    package static let all: [any DomainError] =
        DevicesError.samples + SecretsError.samples + ReachError.samples + PeopleError.samples + JournalError.samples
        + TunnelTokenError.samples + ImportError.samples + InventoryError.samples + IdentityError.samples
        + LinkKeyError.samples + UserTokenError.samples + LoginError.samples
        + IssuingError.samples + UpdatesError.samples + ReleasesError.samples + CoSignRefusal.samples
        + LinkError.samples
}

/// An error whose cases can be gone through. Each one names the next, so that the compiler misses a new one here.
package protocol SampledError: DomainError {
    static var first: Self { get }
    /// `nil` after the last.
    var next: Self? { get }
}

extension SampledError {
    package static var samples: [any DomainError] {
        sequence(first: first) { $0.next }.map { $0 }
    }
}
