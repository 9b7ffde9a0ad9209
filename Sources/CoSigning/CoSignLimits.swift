package import Encoding

/// Sizes and times of the protocol (docs/protocols/cosign.md 3, 5 and 10).
package enum CoSignLimits {
    /// Longest message, in bytes.
    package static let message = 65_536
    /// Most signatures of a message.
    package static let signatures = 16
    /// A message, a header, claims. The bytes bound the values: a message of a thousand signatures is refused for them.
    package static let json = JSONLimits(bytes: message, depth: 16, values: 65_536)
    /// How much too early a time may be, in seconds.
    package static let early: Int64 = 120
    /// How much too late.
    package static let late: Int64 = 3
    /// Longest life of a co-signature, in seconds.
    package static let authorization: Int64 = 2_678_400
    /// Longest life of a bearer token.
    package static let token: Int64 = 3660
    /// The last second of the year 9999.
    package static let lastMoment: Int64 = 253_402_300_799
    /// The largest whole number that every reader of JSON keeps.
    package static let largestInteger: Int64 = 9_007_199_254_740_991
    /// Ids of messages that a device remembers.
    package static let usedIDs = 4096
}
