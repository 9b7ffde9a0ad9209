internal import Files
internal import Issuing
internal import PKI

/// Finds the authority the configuration means, with its profiles.
struct AuthoritySetup {
    private let configuration: HubConfiguration
    private let state: StateFolder
    private let credentials: String?

    init(_ configuration: HubConfiguration, _ state: StateFolder, credentials: String?) {
        self.configuration = configuration
        self.state = state
        self.credentials = credentials
    }

    func open(now: Int64) throws -> Authority {
        let (certificates, key) = try files.open(
            name: configuration.authorityName, organization: configuration.siteName, now: now)
        return try Authority(
            certificate: certificates[0], chain: Array(certificates.dropFirst()), key: key,
            organization: configuration.siteName, profiles: try profiles())
    }

    private var files: AuthorityFiles {
        let isGiven = !configuration.authorityCertificate.isEmpty || !configuration.authorityKey.isEmpty
        return AuthorityFiles(
            certificate: orDefault(configuration.authorityCertificate, state.authority("ca.crt")),
            key: orDefault(configuration.authorityKey, credential("ca-key") ?? state.authority("ca.key")),
            passphrase: configuration.authorityPassphraseFile.isEmpty
                ? credential("ca-passphrase") : configuration.authorityPassphraseFile,
            module: configuration.authorityModule.isEmpty ? nil : configuration.authorityModule,
            areGiven: isGiven || credential("ca-key") != nil)
    }

    private func orDefault(_ given: String, _ standard: String) -> String {
        given.isEmpty ? standard : given
    }

    /// A secret that systemd handed over (`LoadCredential=`).
    private func credential(_ name: String) -> String? {
        guard let file = credentials.map({ $0 + "/" + name }), SecureFile.exists(file) else { return nil }
        return file
    }

    private func profiles() throws -> [CertificateProfile] {
        var profiles = CertificateProfile.builtIn
        if !configuration.profileFolder.isEmpty {
            profiles = try ProfileFiles(folder: configuration.profileFolder).replacing(profiles)
        }
        guard let days = configuration.deviceValidityDays else { return profiles }
        return profiles.map { profile in
            guard profile.name == "iotdevice" else { return profile }
            var changed = profile
            changed.validitySeconds = Int64(days) * 86_400
            return changed
        }
    }
}
