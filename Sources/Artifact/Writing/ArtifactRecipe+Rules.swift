internal import Encoding

extension ArtifactRecipe {
    /// Refuses what a reader would refuse, before anything is written.
    func check() throws(ArtifactError) {
        try checkHeader()
        try checkTypeInfo()
        try checkFiles()
        for script in scripts where !ArtifactRules.isScriptName(script.name) {
            throw .badName(ArtifactError.shown(script.name))
        }
        guard Set(scripts.map(\.name)).count == scripts.count else { throw .duplicate("a state script") }
        guard scripts.count <= ArtifactRules.scripts else {
            throw .tooMany("state scripts", limit: ArtifactRules.scripts)
        }
    }

    private func checkHeader() throws(ArtifactError) {
        func check(_ names: [String], _ member: String) throws(ArtifactError) {
            guard names.allSatisfy(ArtifactRules.isName) else { throw .badValue(HeaderInfo.name, member) }
        }
        try check([name], "artifact_name")
        try check(group.map { [$0] } ?? [], "artifact_group")
        try check(requires.deviceTypes, "device_type")
        try check((requires.artifactNames ?? []) + (requires.artifactGroups ?? []), "artifact_depends")
        guard !requires.deviceTypes.isEmpty else { throw .badValue(HeaderInfo.name, "device_type") }
        guard requires.deviceTypes.count <= ArtifactRules.deviceTypes else {
            throw .tooMany("device types", limit: ArtifactRules.deviceTypes)
        }
        if let type, !ArtifactRules.isPayloadType(type) { throw .badValue(HeaderInfo.name, "type") }
    }

    private func checkTypeInfo() throws(ArtifactError) {
        let keys = Array(provides.keys) + Array(depends.keys) + [checksumKey].compactMap { $0 } + (clears ?? [])
        let isShort = provides.values.allSatisfy { $0.utf8.count <= ArtifactRules.nameLength }
        guard keys.allSatisfy(ArtifactRules.isName), isShort else {
            throw .badValue(TypeInfo.name, "artifact_provides")
        }
        if let metaData, metaData.members == nil { throw .badDocument(HeaderArchive.metaData, .notAnObject) }
    }

    private func checkFiles() throws(ArtifactError) {
        guard files.count <= ArtifactRules.files else { throw .tooMany("files", limit: ArtifactRules.files) }
        guard type != nil || files.isEmpty else { throw .badValue(HeaderInfo.name, "type") }
        var names: Set<String> = []
        for file in files {
            let shown = ArtifactError.shown(file.name)
            guard ArtifactRules.isFileName(file.name) else { throw .badName(shown) }
            guard ArtifactRules.isPortableFileName(file.name) else { throw .unportableName(shown) }
            guard names.insert(file.name).inserted else { throw .duplicate(shown) }
        }
    }
}
