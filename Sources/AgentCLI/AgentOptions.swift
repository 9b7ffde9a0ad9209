internal import ArgumentParser
internal import DeviceClient
internal import Files
internal import Glibc

/// Options that all commands share.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder of key, certificate and CA (HUB_AGENT_STATE). Default: /var/lib/hub-agent, else ./var/agent.",
            valueName: "dir"))
    var state: String?

    var folder: String {
        state ?? Environment.value("HUB_AGENT_STATE") ?? DeviceConfiguration.defaultFolder
    }
}

/// Who the device is and where its hub is.
struct DeviceOptions: ParsableArguments {
    @OptionGroup var state: StateOptions

    @Option(help: "Device ID (HUB_AGENT_ID). Needed until the device is provisioned; then its folder knows it.")
    var id: String?

    @Option(
        help: ArgumentHelp(
            "Hub: host, host:port or URL of its directory (HUB_AGENT_HUB). May be repeated. Default: discovery.",
            valueName: "address"))
    var hub: [String] = []

    @Option(
        help: ArgumentHelp("Key behind an OpenSSL provider, for example pkcs11:token=dev;object=key.", valueName: "uri")
    )
    var keyURI: String?

    @Flag(help: "Believe the first hub that approves. Only for devices without secret, on a network you trust.")
    var trustOnFirstUse = false

    @Flag(
        name: .customLong("allow-plain-hmac"),
        help: "Send even a secret that is easy to guess to a hub that offers no pairing. Only on a network you trust.")
    var allowPlainHMAC = false

    /// The device these options name.
    ///
    /// - Parameters:
    ///   - isPIN: whether the secret is one, however it looks.
    ///   - change: what else the device is to be like.
    func device(isPIN: Bool = false, _ change: (inout DeviceConfiguration) -> Void = { _ in }) throws -> Device {
        var configuration = DeviceConfiguration(folder: state.folder)
        let hubs = hub.isEmpty ? Environment.value("HUB_AGENT_HUB").map { [$0] } ?? [] : hub
        if !hubs.isEmpty { configuration.hub = .addresses(hubs) }
        if let keyURI { configuration.key = .provider(uri: keyURI) }
        if isPIN { configuration.pinSecret = true }
        configuration.allowPlainHMAC = allowPlainHMAC
        if trustOnFirstUse { configuration.firstContact = .trustOnFirstUse }
        change(&configuration)
        guard let id = try id ?? Environment.value("HUB_AGENT_ID") ?? Device.owner(ofFolder: state.folder) else {
            throw ValidationError("give the device's ID with --id")
        }
        return try Device(id: id, configuration: configuration)
    }
}

/// The device's secret: never an argument, which every user of the machine could read.
struct SecretOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File with the device's secret, - for standard input. A byte order mark before it and one line end behind it are dropped.",
            valueName: "file"
        ))
    var secretFile: String?

    @Flag(help: "Ask for the PIN of the label on the terminal. It is proved by pairing only, whatever the hub offers.")
    var pin = false

    func validate() throws {
        guard !pin || secretFile == nil else { throw ValidationError("give either --pin or --secret-file") }
    }

    /// The secret; nil when none was given.
    func secret() throws -> String? {
        if pin {
            guard let text = HiddenInput.ask("PIN: "), !text.isEmpty else {
                throw ValidationError("--pin needs a terminal to ask on; use --secret-file otherwise")
            }
            return text
        }
        guard let secretFile else { return nil }
        let bytes = try SecureFile.secret(secretFile == "-" ? "/dev/stdin" : secretFile)
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty, !text.utf8.contains(0) else {
            throw ValidationError("the secret file must hold one line of text")
        }
        return text
    }
}

enum Environment {
    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
