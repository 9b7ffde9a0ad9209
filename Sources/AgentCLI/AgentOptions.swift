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

    @Option(help: "Device ID (HUB_AGENT_ID). Needed once; the folder remembers it.")
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

    /// The device these options name.
    func device() throws -> Device {
        var configuration = DeviceConfiguration(folder: state.folder)
        let hubs = hub.isEmpty ? Environment.value("HUB_AGENT_HUB").map { [$0] } ?? [] : hub
        if !hubs.isEmpty { configuration.hub = .addresses(hubs) }
        if let keyURI { configuration.key = .provider(uri: keyURI) }
        if trustOnFirstUse { configuration.firstContact = .trustOnFirstUse }
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
            "File with the device's secret, - for standard input. One line end behind it is dropped.", valueName: "file"
        ))
    var secretFile: String?

    /// The secret; nil when none was given.
    func secret() throws -> String? {
        guard let secretFile else { return nil }
        var bytes = try SecureFile.bytes(secretFile == "-" ? "/dev/stdin" : secretFile)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty, !text.utf8.contains(0) else {
            throw ValidationError("the secret file must hold one line of text")
        }
        return text
    }
}

/// The process environment.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
