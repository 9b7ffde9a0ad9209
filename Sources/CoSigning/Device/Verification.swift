internal import Encoding

/// One message as a device judges it (docs/protocols/cosign.md 4). The steps run in the order of that chapter; the
/// first that fails names the error.
package struct Verification: Sendable {
    /// What the device knows beside the message.
    package struct Circumstances: Sendable {
        package let device: DeviceDescription
        /// Unix seconds; `nil` for a device without a clock.
        package let clock: Int64?
        /// What the device sent with its request; `nil` for none.
        package let challenge: String?
        /// Whether the message came from a medium, where no challenge was possible.
        package let isOffline: Bool

        package init(device: DeviceDescription, clock: Int64?, challenge: String? = nil, isOffline: Bool = false) {
            (self.device, self.clock, self.challenge, self.isOffline) = (device, clock, challenge, isOffline)
        }
    }

    /// What a device does about a release.
    package enum Action: String, Sendable {
        case install
        /// It runs already.
        case none
    }

    /// A message that is accepted.
    package struct Acceptance: Sendable {
        package let claims: Claims
        /// For a release.
        package let action: Action?
        /// To be stored before anything is done.
        package let state: AcceptanceState
        /// The deployment it belongs to, for reports.
        package let deployment: String?
    }

    private let trust: TrustedKeys
    private let circumstances: Circumstances

    package init(trust: TrustedKeys, _ circumstances: Circumstances) {
        self.trust = trust
        self.circumstances = circumstances
    }

    /// Judges a release or a message.
    ///
    /// - Parameter kind: what the device expects; a key set is judged by ``KeySet``.
    /// - Throws: every error of the chapter but those of key sets.
    package func accept(
        _ message: SignedMessage, kind: MessageKind, state: AcceptanceState
    ) throws(CoSignError) -> Acceptance {
        let coSignature = try coSignature(message)
        let members = try Claims.decode(message.payload)
        guard MessageKind(of: members) == kind else { throw CoSignError(.wrongKind, "a \(kind) is expected") }
        try checkProject(members, kind, coSignature)
        let claims = try Claims(members)
        let authorization = try Authorization(coSignature)
        try checkTime(claims, authorization, floor: state.timeFloor)
        try checkAudience(claims, authorization)
        try checkChallenge(authorization)
        var state = state
        let action = try take(claims, &state)
        state.timeFloor = max(state.timeFloor, authorization.issuedAt ?? 0)
        return Acceptance(claims: claims, action: action, state: state, deployment: authorization.deployment)
    }

    /// Steps 4 and 5: every signature of a known key is right, and both factors are there.
    private func coSignature(_ message: SignedMessage) throws(CoSignError) -> ProtectedHeader {
        func holds(_ keys: [VerificationKey]) -> Bool { keys.contains { message.entry($0.kid) != nil } }
        guard holds(trust.projectKeys) else { throw CoSignError(.missingSignature, "no project key has signed") }
        guard holds(trust.coSignerKeys) else { throw CoSignError(.missingSignature, "no co-signer key has signed") }
        try trust.checkSignatures(of: message)
        let kids = trust.coSignerKeys.map(\.kid)
        guard let entry = message.entries.first(where: { kids.contains($0.header.kid) }) else {
            throw CoSignError(.missingSignature, "no co-signer key has signed")
        }
        return entry.header
    }

    /// Step 8.
    private func checkProject(
        _ members: JSONValue, _ kind: MessageKind, _ coSignature: ProtectedHeader
    ) throws(CoSignError) {
        if kind == .release || members["project"] != nil {
            guard let project = members["project"]?.string, isSame(project, trust.project) else {
                throw CoSignError(.wrongProject, "the message is for another project")
            }
        }
        guard kind != .release || Authorization.isComplete(coSignature) else {
            throw CoSignError(.missingAuthorization, "the co-signature does not say who may install it, and until when")
        }
    }

    /// Step 11.
    private func checkAudience(_ claims: Claims, _ authorization: Authorization) throws(CoSignError) {
        for audience in [claims.audience, authorization.audience].compactMap({ $0 })
        where !audience.addresses(circumstances.device) {
            throw CoSignError(.wrongAudience, "the message is for other devices")
        }
    }

    /// Step 12.
    private func checkChallenge(_ authorization: Authorization) throws(CoSignError) {
        switch (circumstances.challenge, authorization.nonce) {
        case (nil, nil): break
        case (let challenge?, let nonce?) where isSame(challenge, nonce): break
        default: throw CoSignError(.nonceMismatch, "the message does not answer this device's challenge")
        }
    }

    /// Steps 13 and 14.
    private func take(_ claims: Claims, _ state: inout AcceptanceState) throws(CoSignError) -> Action? {
        guard let release = claims.release else {
            try remember(claims, &state)
            return nil
        }
        guard release.fits(circumstances.device.type) else {
            throw CoSignError(.wrongDeviceType, "the release does not fit this device's type")
        }
        let sha256 = release.artifact.sha256
        guard let known = state.streams[release.stream], release.sequence <= known.sequence else {
            state.streams[release.stream] = .init(sequence: release.sequence, sha256: sha256, installed: false)
            return .install
        }
        guard release.sequence == known.sequence else {
            throw CoSignError(.rollback, "a higher release of the stream was accepted before")
        }
        guard let other = known.sha256 else {
            state.streams[release.stream] = .init(sequence: release.sequence, sha256: sha256, installed: false)
            return .install
        }
        guard isSame(other, sha256) else {
            throw CoSignError(.equivocation, "another file was accepted under this number")
        }
        return known.installed ? Action.none : .install
    }

    private func remember(_ claims: Claims, _ state: inout AcceptanceState) throws(CoSignError) {
        guard !state.isUsed(claims.id) else { throw CoSignError(.replayed, "the message was acted on before") }
        state.forgetEndedIDs()
        guard state.usedIDs.count < CoSignLimits.usedIDs else {
            throw CoSignError(.replayed, "no more messages can be told from replayed ones")
        }
        state.use(claims.id, until: claims.end)
    }

    private func checkTime(
        _ claims: Claims, _ authorization: Authorization, floor: Int64
    ) throws(CoSignError) {
        try TimeRule(circumstances, floor: floor).check(claims, authorization)
    }
}

extension TrustedKeys {
    /// Every signature of a key in the store must be right; others are skipped.
    ///
    /// - Throws: `bad_signature`.
    func checkSignatures(of message: SignedMessage) throws(CoSignError) {
        for key in all {
            guard let entry = message.entry(key.kid) else { continue }
            guard message.isSigned(entry, by: key.key) else {
                throw CoSignError(.badSignature, "the signature of a known key is wrong")
            }
        }
    }
}
