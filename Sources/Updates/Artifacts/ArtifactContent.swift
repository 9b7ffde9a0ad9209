internal import Artifact
internal import Encoding
internal import Files

/// What an upload holds, once it was read to its end.
enum ArtifactContent: Sendable {
    case mender(ArtifactDescription)
    /// Firmware, what its signature is worth, and what devices can check of it.
    case firmware(Firmware, StoredArtifact.Signature, FileSums)

    /// Reads a file and checks everything there is to check.
    ///
    /// - Parameters:
    ///   - raw: what its uploader says of it: then the content may be anything.
    ///   - description: the operator's text.
    /// - Throws: ``UpdatesError``.
    static func read(
        _ path: String, raw: RawFirmware?, description: String, trust: FirmwareTrust, limit: Int64
    ) throws(UpdatesError) -> ArtifactContent {
        if let raw {
            let sums = try sums(path)
            guard sums.size > 0 else { throw .badArtifact("it is empty") }
            return .firmware(Firmware(raw, digest: sums.sha256, description: description), .unsigned, sums)
        }
        if try beginsLikeFirmware(path) { return try firmware(path, trust) }
        do {
            return .mender(try ArtifactReader.check(path, limits: ArtifactLimits(size: limit)))
        } catch {
            switch error {
            case .tooLarge(let name, let limit): throw .tooLarge(name, limit: limit)
            default: throw .badArtifact("\(error)")
            }
        }
    }

    /// Reads an archive beside the firmware, which must be one of fwup that a key for archives signed.
    ///
    /// - Throws: ``UpdatesError``.
    static func archive(_ path: String, trust: FirmwareTrust) throws(UpdatesError) -> ArtifactContent {
        guard try beginsLikeFirmware(path) else { throw .badArtifact("an archive is a .fw file of fwup") }
        do throws(UpdatesError) {
            return try firmware(path, trust)
        } catch {
            switch error {
            case .firmwareNotSigned: throw .archiveNotSigned
            case .firmwareKeyMissing: throw .archiveKeyMissing
            default: throw error
            }
        }
    }

    /// SHA-256 of the file, lower-case hexadecimal.
    var sha256: String {
        switch self {
        case .mender(let content): content.sha256
        case .firmware(_, _, let sums): Hex.encode(sums.sha256)
        }
    }

    private static func firmware(_ path: String, _ trust: FirmwareTrust) throws(UpdatesError) -> ArtifactContent {
        do {
            let content = try FirmwareReader.check(FirmwareSource(path), trust: trust)
            let signature: StoredArtifact.Signature =
                content.signer != nil ? .verified : content.isSigned ? .unverified : .unsigned
            return .firmware(Firmware(content), signature, try sums(path))
        } catch let error as FirmwareError {
            switch error {
            case .unsigned, .wrongSignature: throw .firmwareNotSigned("\(error)")
            case .noKeys: throw .firmwareKeyMissing
            case .tooLarge(let name, let limit): throw .tooLarge(name, limit: limit)
            default: throw .badArtifact("\(error)")
            }
        } catch let error as UpdatesError {
            throw error
        } catch {
            throw .badArtifact("\(error)")
        }
    }

    private static func beginsLikeFirmware(_ path: String) throws(UpdatesError) -> Bool {
        do throws(FileError) {
            return FirmwareReader.isArchive(try FileSource(path).read(4))
        } catch {
            throw .badArtifact("\(error)")
        }
    }

    private static func sums(_ path: String) throws(UpdatesError) -> FileSums {
        do throws(FileError) {
            return try FileSums(of: path)
        } catch {
            throw .badArtifact("\(error)")
        }
    }
}
