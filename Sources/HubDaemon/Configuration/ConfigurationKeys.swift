internal import HubHTTP
internal import Logging
internal import Registry

extension ConfigurationKey {
    /// Every key the hub knows, in the order of the manual. A test compares it with the shipped `hub.yaml`.
    package static let all: [ConfigurationKey] = [
        text("site.name", "the O of every certificate", \.siteName, check: notEmpty(64)),
        ConfigurationKey(
            name: "site.hostNames", kind: .texts, meaning: "DNS names of the hub beside its .local name",
            apply: { configuration, value in
                configuration.hostNames = value.texts
                return value.texts.allSatisfy { $0.contains(".") } ? nil : "a name needs a dot, such as hub.example"
            }, show: { $0.hostNames.joined(separator: ",") }),
        listener("listen.https", "TLS listener of all protocols: HOST:PORT or off", \.https),
        ConfigurationKey(
            name: "listen.admin", kind: .text, meaning: "Unix socket of the admin API: a path or off",
            apply: { configuration, value in
                configuration.admin = value.text == "off" ? nil : .unix(path: value.text)
                return value.text.utf8.count < 100 ? nil : "a socket's path is at most 99 bytes long"
            },
            show: { configuration in
                guard case .unix(let path) = configuration.admin else { return "off" }
                return path
            }),
        flag("discovery.enabled", "announce the hub by DNS-SD", \.discoveryEnabled),
        text("discovery.name", "instance name of the DNS-SD record", \.discoveryName, check: notEmpty(63)),
        text("ca.name", "common name of an authority made on the first start", \.authorityName, check: notEmpty(64)),
        text("ca.certificate", "PEM file of your own authority, with chain", \.authorityCertificate),
        text("ca.key", "PEM file of its key, or a provider's URI (pkcs11:...)", \.authorityKey),
        text("ca.passphraseFile", "file with the passphrase of an encrypted key", \.authorityPassphraseFile),
        text("certificate.profileFolder", "folder of profiles that replace the built-in ones", \.profileFolder),
        ConfigurationKey(
            name: "certificate.deviceValidityDays", kind: .number,
            meaning: "life of device certificates, 1 to 825 days",
            apply: { configuration, value in
                configuration.deviceValidityDays = value.number
                return (1...825).contains(value.number) ? nil : "must be 1 to 825"
            }, show: { $0.deviceValidityDays.map(String.init) ?? "30" }),
        text("store.keyFile", "file with the 32-byte key that encrypts secrets at rest", \.storeKeyFile),
        flag("secrets.volatile", "forget all secrets at a restart", \.limits.volatileSecrets),
        ConfigurationKey(
            name: "secrets.validityDays", kind: .number, meaning: "life of a secret without validUntil, 1 to 3650 days",
            apply: { configuration, value in
                configuration.limits.secretValiditySeconds = Int64(clamping: value.number) &* 86_400
                return (1...3650).contains(value.number) ? nil : "must be 1 to 3650"
            }, show: { "\($0.limits.secretValiditySeconds / 86_400)" }),
        number("pending.total", "devices that may wait for approval", \.limits.pendingTotal, 1...1_000_000),
        number(
            "pending.perAddress", "devices that may wait from one address", \.limits.pendingPerAddress, 1...1_000_000),
        flag(
            "pairing.windowRequired", "record unknown devices only while a pairing window is open",
            \.limits.windowRequired),
        text(
            "log.level", "trace, debug, info, notice, warning, error or critical", \.logLevel,
            check: { Logger.Level(rawValue: $0) == nil ? "is no level" : nil }),
    ]

    private static func text(
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

    private static func flag(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, Bool> & Sendable
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .flag, meaning: meaning,
            apply: { configuration, value in
                configuration[keyPath: path] = value.flag
                return nil
            }, show: { "\($0[keyPath: path])" })
    }

    private static func number(
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

    private static func listener(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, ListenAddress?> & Sendable
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .text, meaning: meaning,
            apply: { configuration, value in
                if value.text == "off" {
                    configuration[keyPath: path] = nil
                    return nil
                }
                guard let address = ListenAddress(hostAndPort: value.text) else {
                    return "must be HOST:PORT, [IPv6]:PORT or off"
                }
                configuration[keyPath: path] = address
                return nil
            },
            show: { configuration in
                guard case .tcp(let host, let port) = configuration[keyPath: path] else { return "off" }
                return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            })
    }

    private static func notEmpty(_ longest: Int) -> @Sendable (String) -> String? {
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
