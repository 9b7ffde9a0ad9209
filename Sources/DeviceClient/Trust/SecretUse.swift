internal import Rules
internal import Wire

/// How a device may prove its secret (docs/protocols/secure-pairing.md section 4). The decision is the device's alone:
/// whatever the network says or leaves out, a secret that is easy to guess is never sent as an HMAC.
struct SecretUse: Sendable {
    private let isWeak: Bool
    private let allowsPlain: Bool

    init(secret: [UInt8], configuration: DeviceConfiguration) {
        isWeak = !secret.isEmpty && (configuration.pinSecret ?? SecretStrength.isWeak(secret))
        allowsPlain = configuration.allowPlainHMAC
        hasSecret = !secret.isEmpty
    }

    private let hasSecret: Bool

    /// Whether to pair with a hub that offers it.
    var mayPair: Bool { hasSecret }
    /// Whether the plain request may be sent.
    var mayAskPlainly: Bool { !isWeak || allowsPlain }
}
