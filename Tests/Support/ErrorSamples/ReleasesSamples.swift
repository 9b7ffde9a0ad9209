package import CoSigning
package import Releases

extension ReleasesError: SampledError {
    package static var first: ReleasesError { .unknownProject("p-1") }

    package var next: ReleasesError? {
        switch self {
        case .unknownProject: .projectExists("p-1")
        case .projectExists: .invalid("a reason")
        case .invalid: .deviceTypeTaken("lamp", project: "p-1")
        case .deviceTypeTaken: .unknownKey("k-1")
        case .unknownKey: .keyExists("k-1")
        case .keyExists: .keyRevoked("k-1")
        case .keyRevoked: .unknownRelease("r-1")
        case .unknownRelease: .releaseWithdrawn("r-1")
        case .releaseWithdrawn: .coSignerUnavailable("p-1")
        case .coSignerUnavailable: .full("keys")
        case .full: nil
        }
    }
}

extension CoSignRefusal: SampledError {
    package static var first: CoSignRefusal { CoSignRefusal.allCases[0] }

    package var next: CoSignRefusal? {
        let all = CoSignRefusal.allCases
        return all.firstIndex(of: self).flatMap { $0 + 1 < all.count ? all[$0 + 1] : nil }
    }
}
