internal import CoSigning
internal import Encoding

/// Which keys a device begins with, and which of them a hub may replace (docs/protocols/cosign.md 1).
struct ReleaseTrust {
    /// The factory's trust store; `nil` when the image brought none.
    let factory: JSONValue?

    /// The keys that need no hub: those of the factory, when it brought a co-signer key too.
    func ownKeys() throws(CoSignError) -> TrustedKeys? {
        guard let factory, !(factory["cosigner_keys"]?.array ?? []).isEmpty else { return nil }
        return try TrustedKeys(factory)
    }

    /// Version of the keys that the hub's co-signer keys are put to: those the device has, or else the factory's;
    /// `nil` when there are none.
    func version(of known: TrustedKeys?) throws(CoSignError) -> Int64? {
        if let known { return known.version }
        guard let factory else { return nil }
        guard let version = factory["version"]?.integer, version >= 1 else {
            throw CoSignError(.badTrust, "the version of the factory's trust store must be a positive integer")
        }
        return version
    }

    /// The keys to begin with: the hub's, or the factory's with the hub's co-signer keys of that
    /// version.
    func first(from hub: TrustedKeys) throws(CoSignError) -> TrustedKeys {
        guard let factory else { return hub }
        if let own = try ownKeys() { return own }
        guard let project = factory["project"]?.string, project.utf8.elementsEqual(hub.project.utf8) else {
            throw CoSignError(.wrongProject, "the hub serves another project than the factory's")
        }
        let members = (factory.members ?? []).filter { !$0.name.utf8.elementsEqual("cosigner_keys".utf8) }
        return try TrustedKeys(.object(members + [.init("cosigner_keys", .array(hub.coSignerKeys.map(\.jwk)))]))
    }

    /// The keys after a renewed provisioning: the hub's co-signer keys, and nothing else of what it says.
    static func renewed(_ trust: TrustedKeys, from hub: TrustedKeys) throws(CoSignError) -> TrustedKeys {
        guard trust.project.utf8.elementsEqual(hub.project.utf8) else {
            throw CoSignError(.wrongProject, "the hub serves another project than this device's")
        }
        return try TrustedKeys(
            project: trust.project, version: trust.version, projectKeys: trust.projectKeys,
            coSignerKeys: hub.coSignerKeys, recoveryKeys: trust.recoveryKeys,
            recoveryThreshold: trust.recoveryThreshold)
    }
}
