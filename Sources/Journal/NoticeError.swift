/// Why a webhook, an alarm or a pairing window was refused. Codes are listed in docs/error-codes.md.
package enum NoticeError: Error, Equatable, Sendable {
    /// No webhook has that ID.
    case unknownWebhook(String)
    /// URL, events, secret or authority of a webhook can't be used.
    case invalidWebhook(reason: String)
    /// There are as many webhooks as the hub keeps.
    case tooManyWebhooks(limit: Int)
    /// No alarm that stands has that number.
    case unknownAlarm(String)
    /// Length, limit or device type of a pairing window is out of bounds.
    case invalidPairing(reason: String)
    /// No pairing window is open.
    case noPairingWindow
    /// The device has sent as many reports today as it may.
    case tooManyReports
}
