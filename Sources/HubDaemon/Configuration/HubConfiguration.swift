package import HubHTTP
package import Issuing
package import LinkServer
package import MenderServer
package import PKI
package import Rooms
package import Updates

/// Everything that can be configured, with its defaults: read once by ``ConfigurationLoader``; nobody below sees a
/// reader.
package struct HubConfiguration: Sendable, Equatable {
    /// `O` of every certificate, and what operators call the site.
    package var siteName = "Latchkey"
    /// DNS names the hub is reached by, beside its `.local` name.
    package var hostNames: [String] = []
    /// Listener of all protocols over TLS; `nil` when off.
    package var https: ListenAddress? = .tcp(host: "::", port: 43776)
    /// Plain-HTTP listener of CRL, OCSP and CA certificate; `nil` when off.
    package var pki: ListenAddress? = .tcp(host: "::", port: 43777)
    /// Where others reach that listener, `http://HOST:PORT`; empty: made from the host name and the listener's port.
    package var publicationURL = ""
    /// Unix socket of the admin API; `nil` when off.
    package var admin: ListenAddress? = .unix(path: "")
    /// Connections of one source to each TCP listener; the tunnel listeners have their own number per address.
    package var sources = SourceLimits()
    /// Tunnel listeners and how they behave.
    package var tunnels = TunnelConfiguration()
    /// Whether the hub announces itself by DNS-SD.
    package var discoveryEnabled = true
    /// Instance name of the DNS-SD record.
    package var discoveryName = "idprov"
    /// Common name of an authority the hub makes itself.
    package var authorityName = "Latchkey Hub CA"
    /// Operator's own certificate authority; empty: `STATE/ca/ca.crt`.
    package var authorityCertificate = ""
    /// Its key, a file or the URI of a token or provider; empty: `STATE/ca/ca.key`.
    package var authorityKey = ""
    /// File with the passphrase of an encrypted key or the PIN of a token; empty: none.
    package var authorityPassphraseFile = ""
    /// PKCS#11 library for a key in a token; empty: the URI's, else the system's.
    package var authorityModule = ""
    /// Folder with certificate profiles that replace the built-in ones; empty: none.
    package var profileFolder = ""
    /// Life of device certificates in seconds; `nil`: as the profile says.
    package var deviceValidity: Int64?
    /// How late devices may renew.
    package var grace = GracePolicy()
    /// Whether EST clients may let the hub make their key.
    package var makesKeys = false
    /// Kinds of alternative names EST clients may ask for.
    package var requestedNames: Set<SubjectAlternativeNameKind> = []
    /// Key that encrypts secrets at rest; empty: `STATE/keys/store.key`.
    package var storeKeyFile = ""
    /// Bounds on what strangers can make the hub store.
    package var limits = RoomLimits()
    /// Bounds of artifacts and deployments.
    package var updates = UpdatesLimits()
    /// Where devices and operators fetch artifacts, `https://HOST[:PORT][/PATH]`; empty: the way they reached the hub.
    package var updatesURL = ""
    /// PEM files with the public keys of those who may publish artifacts.
    package var publisherKeyFiles: [String] = []
    /// How often devices may call.
    package var mender = MenderLimits()
    /// What live links may cost.
    package var links = LinkLimits()
    /// Lowest level that is logged.
    package var logLevel = "notice"

    package init() {}
}
