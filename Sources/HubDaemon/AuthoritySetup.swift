internal import Files
internal import HubRuntime
internal import Issuing
internal import PKI

/// Finds the authorities the configuration means, with their profiles.
struct AuthoritySetup {
    private let configuration: HubConfiguration
    private let state: StateFolder
    private let credentials: String?
    private let publication: Publication?

    init(
        _ configuration: HubConfiguration, _ state: StateFolder, credentials: String?, publication: Publication?
    ) {
        self.configuration = configuration
        self.state = state
        self.credentials = credentials
        self.publication = publication
    }

    func catalogue() throws -> AuthorityCatalogue {
        AuthorityCatalogue(
            files: files, folder: state.authorityFolder, name: configuration.authorityName,
            organization: configuration.siteName, profiles: try profiles(), publication: publication)
    }

    private var files: AuthorityFiles {
        let isGiven = !configuration.authorityCertificate.isEmpty || !configuration.authorityKey.isEmpty
        return AuthorityFiles(
            certificate: orDefault(configuration.authorityCertificate, state.authority("ca.crt")),
            key: orDefault(configuration.authorityKey, credential("ca-key") ?? state.authority("ca.key")),
            passphrase: configuration.authorityPassphraseFile.isEmpty
                ? credential("ca-passphrase") : configuration.authorityPassphraseFile,
            module: configuration.authorityModule.isEmpty ? nil : configuration.authorityModule,
            areGiven: isGiven || credential("ca-key") != nil, credentials: credentials)
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
        guard let seconds = configuration.deviceValidity else { return profiles }
        return profiles.map { profile in
            guard profile.name == "iotdevice" else { return profile }
            var changed = profile
            changed.validitySeconds = seconds
            return changed
        }
    }
}
