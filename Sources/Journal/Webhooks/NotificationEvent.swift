/// What webhooks tell of. The words are interface: requests, commands and the store have them.
package enum NotificationEvent: String, Sendable, CaseIterable {
    /// A device nobody knows asked and waits for the operator.
    case pending
    /// A device was admitted: by the operator, by a pairing window, or with its first certificate.
    case approved
    /// A device was refused: by the operator, or its secret was locked by wrong guesses.
    case refused
    /// A certificate was revoked.
    case revoked
    /// A device's certificate is about to end and was not renewed; once for each serial.
    case expiring
    /// An alarm was raised or has cleared.
    case alarm
}
