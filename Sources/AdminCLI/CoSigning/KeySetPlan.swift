internal import CoSigning

/// The next trust store, and whose signatures it takes.
struct KeySetPlan {
    let old: TrustedKeys
    let projectKeys: [NamedKey]
    let coSignerKeys: [NamedKey]
    let recoveryKeys: [NamedKey]
    /// Names of keys that go.
    let removed: [String]
    let threshold: Int64?

    /// - Throws: a failure for a plan that no device would accept, whichever keys sign it.
    func trust() throws -> TrustedKeys {
        let gone = try Set(removed.map(CoSignFiles.kid))
        for kid in gone where !old.all.contains(where: { $0.kid == kid }) {
            throw CommandFailure.failed("the trust store has no key \(kid); see its names in the file")
        }
        func kept(_ keys: [VerificationKey]) -> [VerificationKey] { keys.filter { !gone.contains($0.kid) } }
        let project = try added(projectKeys, first: old.project, among: old.projectKeys)
        let coSigner = try added(coSignerKeys, first: "project/" + old.project, among: old.coSignerKeys)
        let recovery = try recoveryKeys.map { try $0.read(otherwise: nil) }
        guard recovery.isEmpty || !old.recoveryKeys.isEmpty else {
            throw CommandFailure.failed(
                "the trust store has no recovery keys, and only those may add some; give devices a new trust store")
        }
        for key in project + coSigner + recovery where old.all.contains(where: { $0.kid == key.kid }) {
            throw CommandFailure.failed(
                "\(key.kid) is the name of a key before; choose another one, with # and a number")
        }
        return try CoSignFiles.naming("the key set") {
            try TrustedKeys(
                project: old.project, version: old.version + 1, projectKeys: kept(old.projectKeys) + project,
                coSignerKeys: kept(old.coSignerKeys) + coSigner, recoveryKeys: kept(old.recoveryKeys) + recovery,
                recoveryThreshold: threshold ?? old.recoveryThreshold)
        }
    }

    /// Reads the keys; what they are not named gets the number after the highest that is known.
    private func added(
        _ keys: [NamedKey], first: String, among known: [VerificationKey]
    ) throws -> [VerificationKey] {
        var highest = known.map { Self.generation($0.kid.text, first) }.max() ?? 0
        return try keys.map { key in
            let read = try key.read(otherwise: KeyID("\(first)#\(highest + 1)"))
            highest = max(highest, Self.generation(read.kid.text, first))
            return read
        }
    }

    /// 1 for `first`, 2 for `first#2`; 0 for another name.
    static func generation(_ kid: String, _ first: String) -> Int {
        if kid.utf8.elementsEqual(first.utf8) { return 1 }
        guard kid.utf8.starts(with: first.utf8 + [0x23]) else { return 0 }
        let digits = kid.utf8.dropFirst(first.utf8.count + 1)
        return Int(Substring(digits)).flatMap { (2...1_000_000).contains($0) ? $0 : nil } ?? 0
    }

    /// Who must sign, in words.
    func signers(of new: TrustedKeys) -> String {
        let recovery = "\(old.recoveryThreshold) of the recovery keys " + Self.names(old.recoveryKeys)
        let changesRecovery =
            new.recoveryThreshold != old.recoveryThreshold
            || Set(new.recoveryKeys.map(\.kid)) != Set(old.recoveryKeys.map(\.kid))
        let either =
            "a project key (\(Self.names(old.projectKeys))) and a co-signer key (\(Self.names(old.coSignerKeys)))"
        let authority = changesRecovery ? recovery : either + (old.recoveryKeys.isEmpty ? "" : ", or " + recovery)
        let fresh = new.all.filter { key in !old.all.contains { $0.kid == key.kid } }
        return authority + (fresh.isEmpty ? "" : "; and by each new key: " + Self.names(fresh))
    }

    private static func names(_ keys: [VerificationKey]) -> String { keys.map(\.kid.text).joined(separator: ", ") }
}
