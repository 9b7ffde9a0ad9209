/// IDProv: how a device without credentials becomes one with a certificate (docs/protocols/idprov.md).
///
/// 1. The hub publishes `_idprov._tcp`; a device finds it (``TXTRecord``) and reads the directory (``Directory``).
/// 2. An administrator posts the secret of the device (``OOBSecretPost``), before or after step 3.
/// 3. The device posts a ``ProvisionRequest`` signed with HMAC-SHA256 under that secret.
/// 4. The hub answers with a ``ProvisionResponse``: `Approved` with a certificate, `Waiting` or `Rejected`. The
///    signature of the answer is what authenticates the hub, because until then TLS was not verified.
/// 5. Later the device sends the same request over mutual TLS; both sides then sign with the empty key.
///
/// All messages are JSON objects of at most 64 KiB. What is signed is the canonical form: members in the order of the
/// type's declaration, no white space, `signature` empty (``JSONText`` for the escapes).
package enum IDProv {
    package static let serviceType = "_idprov._tcp"
    /// TCP port unless configured otherwise.
    package static let defaultPort = 43776
    package static let directoryPath = "/idprov/directory"
    /// Path of the status call; `{deviceID}` stands for the percent-encoded device ID.
    package static let statusPath = "/idprov/status/{deviceID}"
    /// Path at which secrets are posted, as deployed clients write it.
    package static let postOobSecretPath = "/idprov/oobsecret"
    /// The other spelling of the protocol text, accepted as well.
    package static let postOobSecretPathAlternative = "/idprov/oobSecret"
    package static let postProvisionRequestPath = "/idprov/provreq"
    /// The directory's version we write.
    package static let version = "1"
    /// Largest message in bytes.
    package static let bodyLimit = 65536
    /// Longest device ID in characters: the limit X.509 sets for a common name (RFC 5280, ub-common-name).
    package static let deviceIDLimit = 64
    /// Longest `ip` and `mac` in bytes that are kept and logged.
    package static let addressLimit = 128
    /// Poll interval in seconds for `Waiting` when the hub is idle, and when it is loaded.
    package static let waitingSeconds = 30
    /// Longest poll interval in seconds.
    package static let waitingSecondsLimit = 600
    /// When a device that must wait should ask again, in seconds: half a minute, longer when many wait, so that about
    /// twenty ask in a second (docs/protocols/idprov.md 6).
    package static func pollSeconds(waiting others: Int) -> Int {
        min(waitingSecondsLimit, max(waitingSeconds, others / 20))
    }
    /// Media type of every message.
    package static let contentType = "application/json"
}

extension String {
    /// Byte-exact equality with a member name; see ``DeviceID/isSame(_:_:)`` for why not `==`.
    func names(_ member: String) -> Bool {
        utf8.count == member.utf8.count && utf8.elementsEqual(member.utf8)
    }
}
