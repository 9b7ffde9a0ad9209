internal import Artifact
internal import Dispatch
internal import Files
package import Journal

/// One file to be put into a folder of devices by the update module `single-file`.
package struct SingleFileArtifact: Sendable {
    let name: String
    let deviceTypes: [String]
    let folder: String
    let file: String
    let fileSystem: String
    let software: String?

    /// - Parameters:
    ///   - name: of the release.
    ///   - folder: where the file goes, absolute.
    ///   - file: its name there.
    ///   - fileSystem: the part of the device its version is told of.
    ///   - software: the word its version is told under; `nil` for the module's name.
    package init(
        name: String, deviceTypes: [String], folder: String, file: String, fileSystem: String, software: String?
    ) {
        self.name = name
        self.deviceTypes = deviceTypes
        self.folder = folder
        self.file = file
        self.fileSystem = fileSystem
        self.software = software
    }
}

extension Artifacts {
    /// Makes an artifact around a file that was uploaded; the upload is gone afterwards, also when it was refused.
    ///
    /// - Throws: ``UpdatesError``.
    package func generate(
        _ single: SingleFileArtifact, from file: ArtifactUpload, description: String, by requester: Requester
    ) async throws -> StoredArtifact {
        defer { abandon(file) }
        guard try file.offset() <= Self.generatedLimit else {
            throw UpdatesError.tooLarge("the file", limit: Self.generatedLimit)
        }
        // The device's update module reads it as a line of a shell script's input.
        guard single.folder.hasPrefix("/"), single.folder.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw UpdatesError.invalid("the folder must be an absolute path")
        }
        let upload = try await onChecks { [self] in try beginUpload() }
        let recipe = ArtifactRecipe.singleFile(
            name: single.name, deviceTypes: single.deviceTypes, folder: single.folder,
            file: ArtifactIngredient(name: single.file, content: .file(folder.upload(file.id))),
            fileSystem: single.fileSystem, software: single.software)
        let path = folder.upload(upload.id)
        do {
            try await onChecks { try ArtifactWriter.write(recipe, to: path) }
            room.set(upload.id, size: try upload.offset())
        } catch {
            abandon(upload)
            throw error is ArtifactError ? UpdatesError.badArtifact("\(error)") : error
        }
        return try await finish(upload, description: description, by: requester)
    }

    /// Runs work that takes a core or waits for a disk, behind what is under way.
    private func onChecks<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            checks.async { continuation.resume(with: Result(catching: work)) }
        }
    }

    /// Largest file an artifact is made around, in bytes: 256 MiB.
    package static var generatedLimit: Int64 { 256 << 20 }
}
