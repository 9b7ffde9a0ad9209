internal import ArgumentParser
internal import Artifact
internal import Encoding
internal import Files
internal import PKI

struct ArtifactWriteCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "write", abstract: "Create an artifact file. Needs no hub.",
        discussion: """
            --type names the update module that installs it; rootfs-image is a whole root file system, and with --folder
            one file is put into a folder on the device. The usual keys to provide and clear are added unless
            --no-defaults is given.

            Examples:
              hubctl artifact write --name release-2 --device-type gateway --type rootfs-image --file image.ext4 --out release-2.mender
              hubctl artifact write --name motd-2 --device-type gateway --folder /etc --file motd --out motd-2.mender
              hubctl artifact write --name app-7 --device-type a --device-type b --type docker --file image.tar \\
                  --meta-data run.json --sign-key publisher.key --out app-7.mender
            """)

    @Option(help: "Name of the artifact.") var name: String
    @Option(help: "Type of devices that may install it; repeat for several.") var deviceType: [String]
    @Option(help: "Update module.") var type: String?
    @Option(help: "Folder on the device for the single file.") var folder: String?
    @Option(help: "Its permissions, octal.") var permissions = "644"
    @Option(help: "File of the payload; repeat for several.") var file: [String] = []
    @Flag(help: "Install nothing; only declare what the device provides.") var bootstrap = false
    @Option(help: "File to write.") var out: String
    @Option(help: "Artifact group the device is in afterwards.") var group: String?
    @Option(help: "Name of the artifact that must be installed; repeat for alternatives.") var requiresName: [String] =
        []
    @Option(help: "Group the device must be in; repeat for alternatives.") var requiresGroup: [String] = []
    @Option(help: "key=value the device must provide; repeat for several.") var depends: [String] = []
    @Option(help: "key=value the device provides afterwards; repeat for several.") var provides: [String] = []
    @Option(help: "Pattern of keys to clear first; repeat for several.") var clears: [String] = []
    @Option(help: "First part of the software's version key.") var fileSystem = "rootfs-image"
    @Option(help: "Second part of that key; default: the update module.") var software: String?
    @Flag(help: "Provide and clear only what the options name.") var noDefaults = false
    @Option(help: "State script, named like ArtifactInstall_Enter_10; repeat for several.") var script: [String] = []
    @Option(help: "JSON file for the update module.") var metaData: String?
    @Option(help: "none, gzip, xz or zstd; older clients can't read the last.") var compression = ArtifactCompression
        .gzip
    @Option(help: "Private key to sign with: PEM, or a pkcs11: URI; P-256 or RSA.") var signKey: String?
    @OptionGroup var signing: SigningOptions
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func work() async throws {
        let signer = try signKey.map(signing.key)
        let recipe = try recipe()
        let report = try ArtifactFiles.with("\(out) was not written") {
            let content = try ArtifactWriter.writeChecked(recipe, to: out, signer: signer)
            return ArtifactReport(content, keys: signer.map { [$0.publicKey] } ?? [])
        }
        try Output.show(report, json: json) { "\(out) is written and was read back: \(report.size) bytes" }
    }

    private func recipe() throws -> ArtifactRecipe {
        var recipe = try kind()
        if noDefaults { (recipe.provides, recipe.checksumKey, recipe.clears) = ([:], nil, nil) }
        recipe.group = group
        recipe.requires.artifactNames = requiresName.isEmpty ? nil : requiresName
        recipe.requires.artifactGroups = requiresGroup.isEmpty ? nil : requiresGroup
        recipe.depends = try ArtifactFiles.pairs(depends, "--depends").mapValues(ArtifactDependency.value)
        recipe.provides.merge(try ArtifactFiles.pairs(provides, "--provides")) { $1 }
        if !clears.isEmpty { recipe.clears = (recipe.clears ?? []) + clears }
        recipe.scripts = try script.map {
            ArtifactScript(name: ArtifactFiles.name($0), content: try SecureFile.bytes($0))
        }
        if let metaData { recipe.metaData = try readMetaData(metaData) }
        recipe.compression = compression
        return recipe
    }

    /// The recipe of the kind that the options describe, with its defaults.
    private func kind() throws -> ArtifactRecipe {
        let files = file.map { ArtifactIngredient(name: ArtifactFiles.name($0), content: .file($0)) }
        if bootstrap {
            guard type == nil, folder == nil, files.isEmpty else {
                throw CommandFailure.usage("--bootstrap installs nothing: leave out --type, --folder and --file")
            }
            return .bootstrap(name: name, deviceTypes: deviceType)
        }
        if let folder { return try singleFile(folder, files) }
        guard let type else { throw CommandFailure.usage("give --type, --folder or --bootstrap") }
        guard type == "rootfs-image" else {
            return .module(
                type, name: name, deviceTypes: deviceType, files: files, fileSystem: fileSystem, software: software)
        }
        guard files.count == 1, let image = files.first else {
            throw CommandFailure.usage("rootfs-image wants exactly one --file")
        }
        return .rootFileSystem(name: name, deviceTypes: deviceType, image: image)
    }

    private func singleFile(_ folder: String, _ files: [ArtifactIngredient]) throws -> ArtifactRecipe {
        guard type == nil || type == "single-file", files.count == 1, let file = files.first else {
            throw CommandFailure.usage("--folder wants exactly one --file and no other --type than single-file")
        }
        guard let bits = UInt32(permissions, radix: 8), bits <= 0o7777 else {
            throw CommandFailure.usage("--permissions wants octal digits like 644")
        }
        guard folder.hasPrefix("/"), !folder.contains("\n") else {
            throw CommandFailure.usage("--folder wants an absolute path")
        }
        return .singleFile(
            name: name, deviceTypes: deviceType, folder: folder, file: file, permissions: bits,
            fileSystem: fileSystem, software: software)
    }

    private func readMetaData(_ path: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: try SecureFile.bytes(path), limits: JSONLimits(depth: 16, values: 16_384))
        } catch let error as MessageError {
            throw CommandFailure.failed("\(path): \(error)")
        }
    }
}

extension ArtifactCompression: ExpressibleByArgument {}
