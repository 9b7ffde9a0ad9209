internal import PKI

/// Reads a firmware archive of fwup and checks everything there is to check, in the order of 18.5: container, names,
/// signature, description, every resource. Memory is the same whatever its size, but for `meta.conf` (50 KB) and the
/// directory of its members (1 MiB). No member is written anywhere, and no name of it is used as a path.
package enum FirmwareReader {
    private static let signatureName = "meta.conf.ed25519"
    private static let metadataName = "meta.conf"
    private static let signatureLength: Int64 = 64
    private static let metadataLengths: ClosedRange<Int64> = 10...49_999
    /// How a patch of xdelta3 begins (RFC 3284).
    private static let patchMark: [UInt8] = [0xD6, 0xC3, 0xC4]

    /// Whether a file begins like such an archive.
    package static func isArchive(_ beginning: some Collection<UInt8>) -> Bool {
        beginning.prefix(4).elementsEqual(LocalHeader.mark)
    }

    /// Reads a whole archive.
    ///
    /// - Parameter trust: whose signature it must have.
    package static func check(
        _ source: FirmwareSource, trust: FirmwareTrust
    ) throws(FirmwareError) -> FirmwareDescription {
        var members = try ZipDirectory.members(of: source)[...]
        let signature = try signature(&members, source)
        guard let first = members.popFirst(), first.name == metadataName else { throw .noMetadata }
        guard metadataLengths.contains(first.size) else {
            throw .metadataSize(limit: Int(metadataLengths.upperBound))
        }
        let metadata = try MemberStream(first, in: source, limit: metadataLengths.upperBound).whole()
        let signer = try trust.signer(signature, of: metadata)
        var description = try FirmwareDescription(
            MetaConf(metadata), metadata: metadata, creationDate: first.modified)
        description.isSigned = signature != nil
        description.signer = signer
        try checkResources(&description, members, source)
        return description
    }

    private static func signature(
        _ members: inout ArraySlice<ZipMember>, _ source: FirmwareSource
    ) throws(FirmwareError) -> [UInt8]? {
        guard let member = members.first, member.name == signatureName else { return nil }
        members = members.dropFirst()
        guard member.size == signatureLength else { throw .signatureLength }
        return try MemberStream(member, in: source, limit: signatureLength).whole()
    }

    private static func checkResources(
        _ description: inout FirmwareDescription, _ members: ArraySlice<ZipMember>, _ source: FirmwareSource
    ) throws(FirmwareError) {
        var byName: [String: ZipMember] = [:]
        for member in members { byName[member.name] = member }
        for index in description.resources.indices {
            let name = description.resources[index].memberName
            guard ZipMember.isName(name.utf8) else { throw .badName(ArtifactError.shown(name)) }
            guard let member = byName.removeValue(forKey: name) else { throw .missing(ArtifactError.shown(name)) }
            try check(&description.resources[index], member, source, isSigned: description.isSigned)
        }
        if let stranger = members.first(where: { byName[$0.name] != nil }) {
            throw .undeclared(ArtifactError.shown(stranger.name))
        }
    }

    private static func check(
        _ resource: inout FirmwareResource, _ member: ZipMember, _ source: FirmwareSource, isSigned: Bool
    ) throws(FirmwareError) {
        let name = ArtifactError.shown(member.name)
        let mayBePatch = member.size != resource.data && resource.lengths.count == 1
        guard mayBePatch || member.size == resource.data else { throw .wrongLength(name) }
        guard let expected = resource.hash else { throw .wrongHash(name) }
        let stream = MemberStream(member, in: source, limit: mayBePatch ? member.size : resource.data)
        var hash = BLAKE2bStream()
        var beginning: [UInt8] = []
        while case let part = try stream.part(), !part.isEmpty {
            if beginning.count < patchMark.count { beginning += part.prefix(patchMark.count - beginning.count) }
            // Only here: a member that can't be anything good is not read to its end.
            if mayBePatch, beginning.count == patchMark.count, beginning != patchMark { throw .wrongLength(name) }
            hash.update(part[...])
        }
        guard mayBePatch else {
            guard hash.finish() == expected else { throw .wrongHash(name) }
            return
        }
        guard beginning == patchMark else { throw .wrongLength(name) }
        guard isSigned else { throw .unsignedPatch(name) }
        resource.isPatch = true
    }
}
