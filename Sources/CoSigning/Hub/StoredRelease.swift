internal import Encoding

/// A release as the hub keeps it: signed by one project key only.
package struct StoredRelease: Sendable {
    package let message: SignedMessage
    package let claims: Claims
    package let release: ReleaseClaims
    /// The project key that signed it.
    package let projectKey: KeyID

    /// Reads a message and keeps the signature of one project key.
    ///
    /// - Throws: `bad_request`, `bad_signature`, `project_key_suspended`, `missing_project_signature`, `policy` for a
    ///   message of another kind or project.
    package init(_ bytes: [UInt8], project: Project) throws(CoSignRefusal) {
        guard let message = try? SignedMessage(parsing: bytes) else { throw .badRequest }
        try self.init(message, project: project)
    }

    /// The same from a message that was read.
    package init(_ message: SignedMessage, project: Project) throws(CoSignRefusal) {
        let signed = try project.projectSignatures(on: message)
        guard let key = signed.first else { throw .missingProjectSignature }
        guard let members = try? Claims.decode(message.payload) else { throw .badRequest }
        guard MessageKind(of: members) == .release, let named = members["project"]?.string, isSame(named, project.id)
        else { throw .policy }
        guard let claims = try? Claims(members), let release = claims.release else { throw .badRequest }
        projectKey = key
        self.message = message.keeping { $0.header.kid == key }
        self.claims = claims
        self.release = release
    }

    /// The release co-signed for one device, now: exactly two signatures.
    ///
    /// - Parameters:
    ///   - device: who asks.
    ///   - grant: whom the co-signature addresses.
    ///   - now: Unix seconds.
    /// - Throws: `policy` when the release does not fit the device or is not valid now; `suspended` when the key can't
    ///   sign.
    package func authorized(
        for device: DeviceDescription, grant: CoSigner.Grant, by coSigner: CoSigner, now: Int64, lifetime: Int64
    ) throws(CoSignRefusal) -> SignedMessage {
        guard release.fits(device.type), isValid(at: now), claims.audience?.addresses(device) ?? true else {
            throw .policy
        }
        return try signed(by: coSigner, grant: grant, now: now, lifetime: lifetime)
    }

    /// The release co-signed for whomever the grant names.
    ///
    /// - Throws: `suspended` when the key can't sign.
    package func signed(
        by coSigner: CoSigner, grant: CoSigner.Grant, now: Int64, lifetime: Int64
    ) throws(CoSignRefusal) -> SignedMessage {
        do {
            return try coSigner.sign(message, now: now, end: claims.end, lifetime: lifetime, grant: grant)
        } catch {
            throw .suspended
        }
    }

    /// Whether a moment lies within the release's times.
    package func isValid(at now: Int64) -> Bool {
        claims.end > now && CallerToken.isInside(now, claims.notBefore ?? 0, claims.end, claims.id)
    }
}
