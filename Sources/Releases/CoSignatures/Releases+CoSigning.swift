package import CoSigning
internal import Devices
package import Journal
internal import Store

/// The hub's signature on messages of servers.
extension Releases {
    /// Co-signs a message that a server sends; the ids are used up in the transaction that lets the signature out.
    ///
    /// - Throws: `CoSignRefusal`.
    package func coSign(
        _ request: CoSignRequest, project id: String, by requester: Requester
    ) async throws -> SignedMessage {
        let project = try await known(id)
        let judged = try request.judge(for: project.project, now: now())
        try refuseOld(judged, project)
        guard let coSigner = project.coSigner, !project.record.isSuspended else { throw CoSignRefusal.suspended }
        let signed = try coSigner.answer(judged, now: now(), lifetime: project.record.lifetime)
        var device: String?
        if case .device(let key) = request.author { device = key.kid.text }
        try await useUp(judged, request.caller, device: device, project, withMessage: true, by: requester)
        return signed
    }

    func known(_ id: String) async throws -> ProjectSnapshot {
        guard let project = try await snapshot(id) else { throw CoSignRefusal.unknownProject }
        return project
    }

    /// After a restore nobody knows what was used before it.
    func refuseOld(_ judged: CoSignRequest.Judgement, _ project: ProjectSnapshot) throws(CoSignRefusal) {
        guard now() > project.restoredUntil || judged.notBefore >= project.restoredAt else { throw .unauthenticated }
    }

    /// Uses up the ids of a request, after judging once more what may have changed since it was judged.
    ///
    /// - Parameter withMessage: whether the message's own id is used up as well.
    func useUp(
        _ judged: CoSignRequest.Judgement, _ server: String, device: String?, _ project: ProjectSnapshot,
        withMessage: Bool, by requester: Requester
    ) async throws {
        let id = project.record.id
        try await store.write { [self] db in
            guard try KeyStore.find(server, project: id, in: db)?.key.state == .active else {
                throw CoSignRefusal.serverRevoked
            }
            for kid in judged.projectKeys {
                guard try KeyStore.find(kid.text, project: id, in: db)?.key.state == .active else {
                    throw CoSignRefusal.projectKeySuspended
                }
            }
            if let device, try devices.device(device, in: db)?.state != .approved { throw CoSignRefusal.deviceRevoked }
            var ids = [judged.tokenID]
            if withMessage { ids.append(judged.messageID) }
            for used in ids {
                guard try SeenStore.insert(used, project: id, until: judged.rememberUntil, in: db) else {
                    throw CoSignRefusal.replayed
                }
            }
            guard !judged.lacksProjectSignature else { throw CoSignRefusal.missingProjectSignature }
            guard try ProjectStore.find(id, in: db)?.isSuspended == false else { throw CoSignRefusal.suspended }
            try journal.audit(
                withMessage ? "cosign.sign" : "cosign.upload", judged.messageID.text, by: requester,
                detail: [
                    "project": id, "server": server, "kind": judged.kind.rawValue, "kid": project.record.coSignerKID,
                    "projectKeys": judged.projectKeys.map(\.text).joined(separator: " "),
                ], cause: .known, in: db)
        }
    }

    /// Verifies the bearer token of a project's administrator and uses it up.
    ///
    /// - Returns: the administrator's ID.
    /// - Throws: `CoSignRefusal`.
    package func authenticateAdministrator(_ token: String?, project id: String) async throws -> String {
        let project = try await known(id)
        guard let token, let caller = CallerToken.claimedCaller(token: token),
            let admin = project.keys(.admin).first(where: { isSame($0.kid.text, caller) }), admin.state == .active
        else { throw CoSignRefusal.unauthenticated }
        let proof = try CallerToken(token, caller: admin, now: now())
        guard now() > project.restoredUntil || proof.notBefore >= project.restoredAt else {
            throw CoSignRefusal.unauthenticated
        }
        try await store.write { db in
            guard try KeyStore.find(caller, project: id, in: db)?.key.state == .active else {
                throw CoSignRefusal.unauthenticated
            }
            guard try SeenStore.insert(proof.id, project: id, until: proof.end + 3600, in: db) else {
                throw CoSignRefusal.replayed
            }
        }
        return caller
    }
}
