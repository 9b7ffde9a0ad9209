package import PKI
package import Wire

/// A right that is gone. Announced by ``Endings`` after the transaction that took it is durable.
package enum Ending: Sendable, Equatable {
    /// A device was shut out: rejected, revoked, removed, or left without an accepted key.
    case device(DeviceID)
    /// A device lost the token of its link, but may fetch another one.
    case deviceLink(DeviceID)
    /// A shared secret of the device link was revoked, by its key: links that were opened with it end.
    case linkKey(String)
    /// Certificates were revoked.
    case certificates([Serial])
    /// A tunnel token was revoked, by its number.
    case tunnelToken(String)
    /// A user's token was revoked, by its number.
    case userToken(String)
    /// All tokens of a user were revoked, by the user's UUID.
    case user(String)
    /// The time is now this, Unix seconds: what was valid until an earlier moment has expired. Announced every second;
    /// the clock may have jumped in between.
    case time(Int64)
    /// The clock was set back, and the store has shortened what a wrong clock had made too long: an end that was read
    /// earlier may be too late.
    case clockSetBack
}
