internal import AdminAPI
internal import CoSigning
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import PKI
internal import Releases

/// Projects, their keys and releases, for operators.
extension AdminRoutes {
    func addCoSigning(to group: RouterGroup<HubContext>) {
        addProjects(to: group)
        addKeySets(to: group)
        addReleases(to: group)
    }

    private func addProjects(to group: RouterGroup<HubContext>) {
        group.serve(CoSignEndpoints.projects) { _ in
            AdminPage(items: try await releases.projects().map(AdminProject.init), after: nil)
        }
        group.serve(CoSignEndpoints.create) { request in
            let new = try Self.project(try await request.body(limit: 192 * 1024))
            return AdminProject(try await releases.createProject(new, by: request.requester))
        }
        group.serve(CoSignEndpoints.project) { request in
            AdminProject(try await releases.project(request.parameters))
        }
        group.serve(CoSignEndpoints.change) { request in
            let change = try Self.change(try await request.body())
            return AdminProject(try await releases.changeProject(request.parameters, change, by: request.requester))
        }
        group.serve(CoSignEndpoints.suspend) { request in
            AdminProject(try await releases.setSuspended(request.parameters, true, by: request.requester))
        }
        group.serve(CoSignEndpoints.resume) { request in
            AdminProject(try await releases.setSuspended(request.parameters, false, by: request.requester))
        }
        group.serve(CoSignEndpoints.addKey) { request in
            let body = try await request.body()
            guard let role = body.role.flatMap(KeyRecord.Role.init(rawValue:)) else {
                throw AdminError.badRequest("role must be server or admin")
            }
            try await releases.addKey(
                try Self.key(body), role: role, project: request.parameters, by: request.requester)
            return AdminProject(try await releases.project(request.parameters))
        }
        group.serve(CoSignEndpoints.setKeyState) { request in
            guard let state = KeyState(rawValue: try await request.body().state) else {
                throw AdminError.badRequest("state must be active, suspended or revoked")
            }
            try await releases.setState(
                state, ofKey: request.parameters.kid, project: request.parameters.project, by: request.requester)
            return AdminProject(try await releases.project(request.parameters.project))
        }
    }

    private func addKeySets(to group: RouterGroup<HubContext>) {
        group.serve(CoSignEndpoints.nextCoSigner) { request in
            let body = try await request.body()
            let key = try await releases.nextCoSigner(
                of: request.parameters, key: try Self.coSignerKey(body.pem, body.token), by: request.requester)
            return AdminNamedKey(kid: key.kid.text, pem: key.key.pem(), role: KeyRecord.Role.cosigner.rawValue)
        }
        group.serve(CoSignEndpoints.trust) { request in
            let project = try await releases.project(request.parameters)
            guard let trust = try? project.trustedKeys() else {
                throw ReleasesError.invalid("the project has no active key of both factors")
            }
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: trust.json.encoded())))
        }
        group.serve(CoSignEndpoints.signKeySet) { request in
            let body = try await request.body(limit: 128 * 1024)
            let message = try await releases.coSignKeySet(
                Array(body.message.utf8), project: request.parameters, by: request.requester)
            return AdminSignedMessage(String(decoding: message.encoded(), as: UTF8.self))
        }
        group.serve(CoSignEndpoints.publishKeySet) { request in
            let body = try await request.body(limit: 128 * 1024)
            return AdminProject(
                try await releases.publishKeySet(
                    Array(body.message.utf8), project: request.parameters, by: request.requester))
        }
    }

    private func addReleases(to group: RouterGroup<HubContext>) {
        group.serve(CoSignEndpoints.addRelease) { request in
            let body = try await request.body(limit: 128 * 1024)
            let published = try await releases.publish(
                Array(body.message.utf8), project: request.parameters, by: request.requester)
            return try await shown(published.release)
        }
        group.serve(CoSignEndpoints.releases) { request in
            let found = try await releases.releases(
                project: request.query.project, stream: request.query.stream, limit: AdminEndpoints.pageLimit)
            return AdminPage(items: try await shown(found), after: nil)
        }
        group.serve(CoSignEndpoints.release) { request in
            try await shown(try await releases.release(request.parameters))
        }
        group.serve(CoSignEndpoints.setReleaseState) { request in
            guard let state = ReleaseState(rawValue: try await request.body().state), state != .pending else {
                throw AdminError.badRequest("state must be approved or withdrawn")
            }
            return try await shown(try await releases.setState(state, of: request.parameters, by: request.requester))
        }
        group.serve(CoSignEndpoints.bundle) { request in
            let body = try await request.body()
            let message = try await releases.bundle(
                request.parameters, audience: body.audience, days: body.days, by: request.requester)
            return AdminSignedMessage(String(decoding: message.encoded(), as: UTF8.self))
        }
    }

    private func shown(_ release: ReleaseRecord) async throws -> AdminCoSignedRelease {
        AdminCoSignedRelease(release, types: try await releases.deviceTypes(of: [release])[release.id] ?? [])
    }

    private func shown(_ found: [ReleaseRecord]) async throws -> [AdminCoSignedRelease] {
        let types = try await releases.deviceTypes(of: found)
        return found.map { AdminCoSignedRelease($0, types: types[$0.id] ?? []) }
    }

    private static func project(_ body: AdminNewProject) throws -> NewProject {
        var new = NewProject(id: body.id, projectKeys: try body.projectKeys.map(key))
        new.recoveryKeys = try (body.recoveryKeys ?? []).map(key)
        new.recoveryThreshold = body.recoveryThreshold ?? new.recoveryThreshold
        let rules = try change(body.rules ?? AdminProjectRules())
        new.deviceTypes = rules.deviceTypes ?? new.deviceTypes
        new.lifetime = rules.lifetime ?? new.lifetime
        new.approval = rules.approval ?? new.approval
        new.requiresProjectSignature = rules.requiresProjectSignature ?? new.requiresProjectSignature
        new.requiresRelease = rules.requiresRelease ?? new.requiresRelease
        if let kid = body.coSignerKID {
            guard let kid = KeyID(kid) else { throw AdminError.badRequest("coSignerKID must have 1 to 128 bytes") }
            new.coSignerKID = kid
        }
        new.coSignerKey = try coSignerKey(body.coSignerPEM, body.coSignerToken)
        if let text = body.trust {
            guard let document = StrictJSON.parse(Array(text.utf8)), let trust = try? TrustedKeys(document) else {
                throw AdminError.badRequest("trust must be a trust store, as hubctl cosign trust makes it")
            }
            new.trust = trust
        }
        return new
    }

    private static func coSignerKey(_ pem: String?, _ token: String?) throws -> CoSignerKey? {
        guard pem == nil || token == nil else {
            throw AdminError.badRequest("give the co-signer's key as PEM or as a token's URI, not both")
        }
        return pem.map { .pem($0) } ?? token.map { .token($0) }
    }

    private static func change(_ rules: AdminProjectRules) throws -> ProjectChange {
        var change = ProjectChange()
        change.deviceTypes = rules.deviceTypes
        change.lifetime = rules.lifetimeSeconds
        change.requiresRelease = rules.requireRelease
        change.requiresProjectSignature = rules.requireProjectSignature
        if let text = rules.approval {
            guard let approval = ReleaseApproval(rawValue: text) else {
                throw AdminError.badRequest("approval must be auto or manual")
            }
            change.approval = approval
        }
        return change
    }

    private static func key(_ key: AdminNamedKey) throws -> VerificationKey {
        guard let kid = KeyID(key.kid), let publicKey = try? PublicKey(pem: key.pem),
            let known = VerificationKey(kid: kid, key: publicKey)
        else { throw AdminError.badRequest("a key needs a kid of 1 to 128 bytes and a PUBLIC KEY block of P-256") }
        return known
    }
}

extension AdminProject {
    init(_ project: ProjectSnapshot) {
        let record = project.record
        self.init(
            id: record.id, deviceTypes: record.deviceTypes, approval: record.approval.rawValue,
            lifetimeSeconds: record.lifetime, requireRelease: record.requiresRelease,
            requireProjectSignature: record.requiresProjectSignature, suspended: record.isSuspended,
            coSignerReady: project.coSigner != nil, trustVersion: record.trustVersion, createdAt: record.createdAt,
            keys: project.keys.map { key in
                AdminProjectKey(
                    kid: key.key.kid.text, role: key.role.rawValue, state: key.key.state.rawValue,
                    pem: key.key.key.pem(), changedAt: key.changedAt, changedBy: key.changedBy)
            })
    }
}

extension AdminCoSignedRelease {
    init(_ release: ReleaseRecord, types: [String]) {
        self.init(
            id: release.id, project: release.projectID, stream: release.stream, seq: release.sequence,
            version: release.version, state: release.state.rawValue, sha256: release.sha256, size: release.size,
            deviceTypes: types, projectKey: release.projectKey, validUntil: release.endsAt,
            uploadedBy: release.uploadedBy, createdAt: release.createdAt)
    }
}
