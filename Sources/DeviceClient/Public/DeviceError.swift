internal import Encoding

/// Why a device could not do what it was asked to. ``description`` says what to do next.
public enum DeviceError: Error, Sendable, Equatable {
    /// How a hub gave itself away.
    public enum Forgery: String, Sendable, Equatable {
        /// Its answer is not signed with the device's secret.
        case wrongSignature
        /// In a pairing it did not prove that it knows the device's secret.
        case wrongProof
        /// Its TLS certificate does not come from the CA it announces, or from the CA the device knows.
        case foreignAuthority
        /// Its TLS certificate comes from the right CA, but is that of another server of the site.
        case notTheHub
        /// It showed another TLS certificate or CA than before within one provisioning.
        case changedIdentity
        /// The certificate it issued is not for this device's ID and key, or not from its CA.
        case wrongCertificate
        /// Its directory leads to another host.
        case foreignEndpoint
    }

    /// The device ID is not 1…64 characters without control characters.
    case invalidDeviceID
    /// The folder belongs to the device with this ID.
    case folderOfOtherDevice(id: String)
    /// No secret was given, and trust on first use is off.
    case noSecret
    /// The hub's address cannot be read.
    case invalidHubAddress
    /// No hub answers to discovery.
    case noHubFound
    /// Discovery itself does not work here.
    case discoveryFailed(reason: String)
    /// The hub does not answer.
    case hubUnreachable(HubCandidate, reason: String)
    /// The hub answers something the protocol does not know.
    case hubFault(HubCandidate, reason: String)
    /// Not the hub it claims to be.
    case fakeHub(HubCandidate, Forgery)
    /// The hub's certificate comes from the right CA, but is not valid at the time the device believes in: one of the
    /// two clocks is wrong. All are Unix seconds.
    case clock(HubCandidate, now: Int64, validity: Range<Int64>)
    /// The hub refused the device.
    case rejected(HubCandidate)
    /// The hub has not approved the device within the given time.
    case stillWaiting(HubCandidate)
    /// Pairing failed so often that somebody seems to guess: nothing is tried before a power cycle or
    /// ``Device/allowPairing()``.
    case pairingLocked
    /// There is no certificate yet.
    case notProvisioned
    /// The certificate has expired and the hub does not accept it any more.
    case certificateExpired
    /// The hub does not offer this service.
    case noSuchService(name: String, known: [String])
    /// The stream's name is not `[a-z0-9][a-z0-9._-]{0,63}`.
    case invalidStream
    /// ``DeviceConfiguration/deviceType`` is not set, so no release fits.
    case noDeviceType
    /// There are no keys to check releases with.
    case noReleaseKeys(reason: String)
    /// A message, key set or artifact is refused; `error` is its name in docs/protocols/cosign.md, chapter 4.
    case releaseRefused(error: String, reason: String)
    /// This is not the release that was accepted last.
    case releaseNotAccepted(stream: String, seq: Int64)
    /// The hub does not give the artifact.
    case artifactUnavailable(status: Int)
    /// The output file for the artifact cannot be written, or is not a plain file.
    case artifactFile(reason: String)
    /// The hub signs nothing for this device's project at present.
    case coSigningSuspended(HubCandidate)
    /// The folder holds no bundle.
    case noBundle(reason: String)
    /// Without a clock ``DeviceConfiguration/allowOfflineBundles`` is needed.
    case offlineBundlesOff
    /// The private key cannot be made, read or used.
    case key(reason: String)
    /// A file cannot be read or written.
    case storage(reason: String)
    /// The task was cancelled.
    case cancelled
}

extension DeviceError: CustomStringConvertible {
    /// One line: what happened, and what to do next.
    public var description: String {
        switch self {
        case .invalidDeviceID: "the device ID must have 1 to 64 characters and no control characters"
        case .folderOfOtherDevice(let id):
            "the folder holds the identity of device \(id); use another folder, or reset the device first"
        case .noSecret: "no secret given; pass the secret of the label, or switch on trust on first use"
        case .invalidHubAddress: "the hub's address must look like hub.local, 192.0.2.1:43776 or [2001:db8::1]:43776"
        case .noHubFound:
            "no hub found on this network; check that the hub is up and multicast is allowed, or give its address"
        case .discoveryFailed(let reason):
            "discovery does not work (\(reason)); start avahi-daemon or give the hub's address"
        case .hubUnreachable(let hub, let reason): "hub \(hub) does not answer (\(reason)); check network and port"
        case .hubFault(let hub, let reason): "hub \(hub) gave an unusable answer (\(reason)); see the hub's log"
        case .fakeHub(let hub, let forgery): "\(hub) is not the device's hub: \(forgery.explanation)"
        case .clock(let hub, let now, let validity):
            "hub \(hub) shows a certificate for \(RFC3339.text(validity.lowerBound)) to \(RFC3339.text(validity.upperBound)), "
                + "and it is \(RFC3339.text(now)) here; set the clock of this device, or of the hub"
        case .rejected(let hub):
            "hub \(hub) rejected the device; compare ID and secret with the label, or ask the operator"
        case .stillWaiting(let hub):
            "hub \(hub) still waits for the operator: add the secret with: oob add, or approve it"
        case .pairingLocked:
            "pairing failed \(PairingCounter.limit) times; check the PIN, then restart the device or use hub-agent provision --retry-pairing"
        case .notProvisioned: "the device has no certificate; provision it first"
        case .certificateExpired: "the certificate has expired; reset the device and provision it with a new secret"
        case .noSuchService(let name, let known):
            "the hub offers no service \(name); known: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .invalidStream: "a stream's name has 1 to 64 of a-z, 0-9, '.', '_', '-' and begins with a letter or digit"
        case .noDeviceType: "the type of this device is not known; give it with --type or HUB_AGENT_TYPE"
        case .noReleaseKeys(let reason): "no keys to check releases with: \(reason)"
        case .releaseRefused(let error, let reason):
            "refused: \(error) (\(reason)); ask the publisher or the hub's operator"
        case .releaseNotAccepted(let stream, let seq):
            "release \(seq) of \(stream) is not the one accepted last, which alone can be installed; see: hub-agent release status"
        case .artifactUnavailable(let status):
            "the hub does not give the artifact (status \(status)); it may be withdrawn: fetch the release anew"
        case .artifactFile(let reason): "the artifact's file cannot be written: \(reason)"
        case .coSigningSuspended(let hub):
            "suspended: hub \(hub) signs no releases for this device at present; try again later, or ask its operator"
        case .noBundle(let reason): "no bundle: \(reason)"
        case .offlineBundlesOff:
            "this device has no clock to judge a bundle by; fetch from the hub, or use --allow-offline-bundles"
        case .key(let reason): "the private key cannot be used: \(reason)"
        case .storage(let reason): "the device's folder cannot be used: \(reason)"
        case .cancelled: "cancelled"
        }
    }
}

extension DeviceError.Forgery {
    var explanation: String {
        switch self {
        case .wrongSignature:
            "its answer is not signed with the device's secret; check the secret, else look for an impostor"
        case .wrongProof: "it does not know the device's secret; check the secret, else look for an impostor"
        case .foreignAuthority: "its certificate does not come from the right CA; look for an impostor"
        case .notTheHub:
            "its certificate is not the hub's own, or the hub runs an older release; update the hub, and if it is up to date, suspect an impostor"
        case .changedIdentity: "it changed its certificate between two requests; look for an impostor"
        case .wrongCertificate: "it issued a certificate that is not for this device; look for an impostor"
        case .foreignEndpoint: "its directory leads to another host; look for an impostor"
        }
    }
}
