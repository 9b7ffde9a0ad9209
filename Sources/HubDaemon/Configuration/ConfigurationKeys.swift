internal import Devices
internal import Encoding
internal import HubHTTP
internal import Issuing
internal import Logging
internal import PKI
internal import Rooms
internal import Secrets

extension ConfigurationKey {
    /// Every key the hub knows, in the order of the manual. A test compares it with the shipped `hub.yaml`.
    package static let all: [ConfigurationKey] = site + connections + link + updates + tunnel + log

    private static let site: [ConfigurationKey] = [
        text("site.name", "the O of every certificate", \.siteName, check: notEmpty(64)),
        ConfigurationKey(
            name: "site.hostNames", kind: .texts,
            meaning: "DNS names and addresses of the hub beside its .local name and those of its interfaces",
            apply: { configuration, value in
                let names = HubNames(reading: value.texts)
                configuration.hostNames = names.all
                return names.problems.isEmpty ? nil : names.problems.joined(separator: "; ")
            }, show: { $0.hostNames.joined(separator: ",") }),
        listener("listen.https", "TLS listener of all protocols: HOST:PORT or off", \.https),
        listener("listen.pki", "plain-HTTP listener of CRL and OCSP: HOST:PORT or off", \.pki),
        text(
            "pki.url", "where others reach listen.pki, such as http://hub.example:43777; goes into every certificate",
            \.publicationURL,
            check: HubNames.problem(ofPublicationURL:)),
        socket("listen.admin", "Unix socket of the admin API: a path or off", \.admin),
        flag("discovery.enabled", "announce the hub by DNS-SD", \.discoveryEnabled),
        text("discovery.name", "instance name of the DNS-SD record", \.discoveryName, check: notEmpty(63)),
        text("ca.name", "common name of an authority made on the first start", \.authorityName, check: notEmpty(64)),
        text("ca.certificate", "PEM file of your own authority, with chain", \.authorityCertificate),
        text(
            "ca.key", "PEM file of its key, or the URI of a token (pkcs11:...)", \.authorityKey,
            check: problem(ofTokenURI:)),
        text("ca.passphraseFile", "file with the key's passphrase or the token's PIN", \.authorityPassphraseFile),
        text("ca.pkcs11Module", "PKCS#11 library of the token that holds the key", \.authorityModule),
        text("certificate.profileFolder", "folder of profiles that replace the built-in ones", \.profileFolder),
        ConfigurationKey(
            name: "certificate.deviceValidity", kind: .text, meaning: "life of device certificates: 1h to 825d",
            apply: { configuration, value in
                guard let seconds = TimeSpan.seconds(value.text), (3600...825 * 86_400).contains(seconds) else {
                    return "must be 1h to 825d, such as 12h or 30d"
                }
                configuration.deviceValidity = seconds
                return nil
            }, show: { TimeSpan.text($0.deviceValidity ?? CertificateProfile.iotdevice.validitySeconds) }),
        ConfigurationKey(
            name: "renewal.grace", kind: .texts,
            meaning: "how late devices may renew: TIME for all, TYPE=TIME for one kind, with :approval by fingerprint",
            apply: { configuration, value in
                var policy = GracePolicy()
                for text in value.texts {
                    if let problem = policy.add(text) { return problem }
                }
                configuration.grace = policy
                return nil
            }, show: { $0.grace.text }),
        flag("est.serverKeyGeneration", "let EST clients have their key made by the hub", \.makesKeys),
        ConfigurationKey(
            name: "est.requestedNames", kind: .texts,
            meaning: "kinds of alternative names taken over from EST requests: dns, address, uri",
            apply: { configuration, value in
                let kinds = value.texts.compactMap(SubjectAlternativeNameKind.init(rawValue:))
                configuration.requestedNames = Set(kinds)
                return kinds.count == value.texts.count ? nil : "must be of dns, address, uri"
            }, show: { $0.requestedNames.map(\.rawValue).sorted().joined(separator: ",") }),
        text("store.keyFile", "file with the 32-byte key that encrypts secrets at rest", \.storeKeyFile),
        flag("secrets.volatile", "forget all secrets at a restart", \.limits.secrets.volatileSecrets),
        ConfigurationKey(
            name: "secrets.validityDays", kind: .number, meaning: "life of a secret without validUntil, 1 to 3650 days",
            apply: { configuration, value in
                configuration.limits.secrets.secretValiditySeconds = Int64(clamping: value.number) &* 86_400
                return (1...3650).contains(value.number) ? nil : "must be 1 to 3650"
            }, show: { "\($0.limits.secrets.secretValiditySeconds / 86_400)" }),
        flag(
            "secrets.weakNeedPairing", "secrets that are easy to guess are valid for SPAKE2+ pairing only",
            \.limits.secrets.weakSecretsNeedPairing),
        ConfigurationKey(
            name: "secrets.pairingBackOff", kind: .number,
            meaning: "pause after the first failed pairing in seconds, doubled by each further one, 0 to 60",
            apply: { configuration, value in
                configuration.limits.secrets.pairingBackOffSeconds = Int64(clamping: value.number)
                return (0...60).contains(value.number) ? nil : "must be 0 to 60"
            }, show: { "\($0.limits.secrets.pairingBackOffSeconds)" }),
        number("pending.total", "devices that may wait for approval", \.limits.devices.pendingTotal, 1...1_000_000),
        number(
            "pending.perAddress", "devices that may wait from one address", \.limits.devices.pendingPerAddress,
            1...1_000_000),
        flag(
            "pairing.windowRequired", "record unknown devices only while a pairing window is open",
            \.limits.devices.windowRequired),
    ]

    private static let log: [ConfigurationKey] = [
        text(
            "log.level", "trace, debug, info, notice, warning, error or critical", \.logLevel,
            check: { Logger.Level(rawValue: $0) == nil ? "is not a log level" : nil })
    ]

    static func text(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, String> & Sendable,
        check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .text, meaning: meaning,
            apply: { configuration, value in
                configuration[keyPath: path] = value.text
                return check(value.text)
            }, show: { $0[keyPath: path] })
    }

    static func flag(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, Bool> & Sendable
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .flag, meaning: meaning,
            apply: { configuration, value in
                configuration[keyPath: path] = value.flag
                return nil
            }, show: { "\($0[keyPath: path])" })
    }

    static func number(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, Int> & Sendable,
        _ range: ClosedRange<Int>
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .number, meaning: meaning,
            apply: { configuration, value in
                configuration[keyPath: path] = value.number
                return range.contains(value.number) ? nil : "must be \(range.lowerBound) to \(range.upperBound)"
            }, show: { "\($0[keyPath: path])" })
    }

    static func listener(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, ListenAddress?> & Sendable
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .text, meaning: meaning,
            apply: { configuration, value in
                if value.text == "off" {
                    configuration[keyPath: path] = nil
                    return nil
                }
                guard let address = ListenAddress(hostAndPort: value.text), value.text.utf8.allSatisfy({ $0 < 0x80 })
                else { return "must be HOST:PORT, [IPv6]:PORT or off, in ASCII" }
                configuration[keyPath: path] = address
                return nil
            },
            show: { configuration in
                guard case .tcp(let host, let port) = configuration[keyPath: path] else { return "off" }
                return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            })
    }

    /// A Unix socket: a path or off.
    static func socket(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, ListenAddress?> & Sendable
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .text, meaning: meaning,
            apply: { configuration, value in
                configuration[keyPath: path] = value.text == "off" ? nil : .unix(path: value.text)
                return value.text.utf8.count < 100 ? nil : "a socket's path is at most 99 bytes long"
            },
            show: { configuration in
                guard case .unix(let path) = configuration[keyPath: path] else { return "off" }
                return path
            })
    }

    /// Also keeps a PIN out of everything that shows the configuration.
    @Sendable private static func problem(ofTokenURI text: String) -> String? {
        guard TokenURI.hasScheme(text) else { return nil }
        do {
            _ = try TokenURI(text)
            return nil
        } catch {
            return "is not usable as a pkcs11: URI: \(error.reasons.first ?? "")"
        }
    }

    static func notEmpty(_ longest: Int) -> @Sendable (String) -> String? {
        { (1...longest).contains($0.utf8.count) ? nil : "must have 1 to \(longest) characters" }
    }
}

extension ListenAddress {
    /// Reads `127.0.0.1:43776`, `[::]:43776` or `:43776` (every address).
    init?(hostAndPort text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        self = .tcp(host: host.isEmpty ? "::" : host, port: Int(port))
    }
}
