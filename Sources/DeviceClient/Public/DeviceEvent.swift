/// A step in a device's life, in the order it happens. Events are for people and logs: nothing is decided by them.
public enum DeviceEvent: Sendable, Equatable {
    /// The private key was made.
    case keyMade(fingerprint: String)
    /// Looking for hubs on the network.
    case searching
    /// A hub was found or is tried.
    case hubFound(HubCandidate)
    case asking(HubCandidate)
    /// The hub does not know the secret yet, or the operator has not decided; asked again in `seconds`.
    case waiting(HubCandidate, seconds: Int)
    /// The hub offers no pairing, and the secret is too easy to guess for anything else; asked again in `seconds`.
    case pairingUnavailable(HubCandidate, seconds: Int)
    /// This hub is not used for `seconds`. A fake hub is reported here with its reason.
    case hubLeftAlone(HubCandidate, reason: DeviceError, seconds: Int)
    /// The certificate is on disk.
    case provisioned(DeviceCertificate)
    /// The clock was impossible; from now on it is taken as this many seconds off.
    case clockCorrected(bySeconds: Int64)
    /// Renewal is due at this Unix second.
    case renewalDue(at: Int64)
    /// A new certificate is on disk.
    case renewed(DeviceCertificate)
    /// Renewal failed; the old certificate is still valid for `validSeconds` (negative: expired).
    case renewalFailed(reason: DeviceError, nextTrySeconds: Int, validSeconds: Int64)
    /// People can reach the device through the hub.
    case tunnelUp
    /// They can't, or no longer; it is tried again.
    case tunnelDown(reason: String)
    /// Somebody came through the tunnel; what they call themselves, and the address the hub sees.
    case tunnelClient(number: Int, name: String, address: String)
    /// Somebody asked for a port and got it, or did not.
    case tunnelPort(number: Int, port: Int, isOpen: Bool)
    case tunnelClientLeft(number: Int)
}
