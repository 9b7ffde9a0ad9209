package import Encoding

/// A file that goes into an artifact.
package struct ArtifactIngredient: Sendable, Equatable {
    /// Where its bytes are.
    package enum Content: Sendable, Equatable {
        case bytes([UInt8])
        /// Path of a file; a link is refused.
        case file(String)
    }

    /// Name in the payload, without folders.
    package var name: String
    /// Its bytes.
    package var content: Content

    package init(name: String, content: Content) {
        self.name = name
        self.content = content
    }
}

/// What an artifact is made of. The initializer makes the plain case; ``module(_:name:deviceTypes:files:)`` and its kin
/// add what the kinds of artifacts usually provide.
package struct ArtifactRecipe: Sendable, Equatable {
    /// What the device is called after.
    package var name: String
    /// The artifact group the device is in afterwards.
    package var group: String?
    /// Who may install it.
    package var requires: ArtifactRequirements
    /// The update module; `nil`: nothing is installed, and there are no files.
    package var type: String?
    /// The payload's files, in order.
    package var files: [ArtifactIngredient] = []
    /// For the update module, a JSON object.
    package var metaData: JSONValue?
    /// What the device must provide besides.
    package var depends: [String: ArtifactDependency] = [:]
    /// What the device provides besides.
    package var provides: [String: String] = [:]
    /// A key to provide whose value is the SHA-256 of the first file.
    package var checksumKey: String?
    /// Patterns of keys to forget before; `nil` forgets everything.
    package var clears: [String]?
    package var scripts: [ArtifactScript] = []
    /// Of header and payload.
    package var compression = ArtifactCompression.gzip

    /// An artifact of that type, without provides or clears of its own.
    package init(name: String, type: String?, deviceTypes: [String], files: [ArtifactIngredient] = []) {
        self.name = name
        self.type = type
        requires = ArtifactRequirements(deviceTypes: deviceTypes)
        self.files = files
    }
}

extension ArtifactRecipe {
    /// An image of a whole root file system.
    package static func rootFileSystem(
        name: String, deviceTypes: [String], image: ArtifactIngredient
    ) -> ArtifactRecipe {
        var recipe = ArtifactRecipe(name: name, type: "rootfs-image", deviceTypes: deviceTypes, files: [image])
        recipe.provides["rootfs-image.version"] = name
        recipe.checksumKey = "rootfs-image.checksum"
        recipe.clears = ["artifact_group", "rootfs_image_checksum", "rootfs-image.*"]
        return recipe
    }

    /// Files for an update module of that name.
    ///
    /// - Parameters:
    ///   - fileSystem: what the software is part of: the first part of the key it is known by.
    ///   - software: the second part of that key; `nil` takes the module's name.
    package static func module(
        _ type: String, name: String, deviceTypes: [String], files: [ArtifactIngredient],
        fileSystem: String = "rootfs-image", software: String? = nil
    ) -> ArtifactRecipe {
        var recipe = ArtifactRecipe(name: name, type: type, deviceTypes: deviceTypes, files: files)
        let key = "\(fileSystem).\(software ?? type)"
        recipe.provides["\(key).version"] = name
        recipe.clears = ["\(key).*"]
        return recipe
    }

    /// One file for the update module `single-file`, which puts it into a folder of the device.
    ///
    /// - Parameters:
    ///   - folder: absolute path on the device.
    ///   - permissions: permission bits.
    package static func singleFile(
        name: String, deviceTypes: [String], folder: String, file: ArtifactIngredient, permissions: UInt32 = 0o644,
        fileSystem: String = "rootfs-image", software: String? = nil
    ) -> ArtifactRecipe {
        // The module reads these in a shell, line by line.
        func line(_ name: String, _ text: String) -> ArtifactIngredient {
            ArtifactIngredient(name: name, content: .bytes(Array((text + "\n").utf8)))
        }
        let files = [
            line("dest_dir", folder), line("filename", file.name),
            line("permissions", String(permissions & 0o7777, radix: 8)), file,
        ]
        return module(
            "single-file", name: name, deviceTypes: deviceTypes, files: files, fileSystem: fileSystem,
            software: software)
    }

    /// The configuration of a device: no files, the values as meta-data.
    package static func configuration(
        name: String, deviceTypes: [String], values: [String: String]
    ) -> ArtifactRecipe {
        var recipe = module(
            "mender-configure", name: name, deviceTypes: deviceTypes, files: [], fileSystem: "data-partition")
        let sorted = values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        recipe.metaData = .object(sorted.map { JSONValue.Member($0.key, .string($0.value)) })
        return recipe
    }

    /// States what a device provides, and installs nothing.
    package static func bootstrap(name: String, deviceTypes: [String]) -> ArtifactRecipe {
        ArtifactRecipe(name: name, type: nil, deviceTypes: deviceTypes)
    }
}
