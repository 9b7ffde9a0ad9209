internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import PKI
internal import Secrets

extension AdminRoutes {
    func addSecrets(to group: RouterGroup<HubContext>) {
        group.serve(SecretEndpoints.list) { request in try await list(try Paging(request.query), revealing: false) }
        group.serve(SecretEndpoints.export) { request in
            let paging = try Paging(request.query)
            let isRevealing = request.query.withSecrets
            // Every page: a listing that begins in the middle takes secrets along as well.
            if isRevealing { try await secrets.auditExport(after: paging.after, by: request.requester) }
            return try await list(paging, revealing: isRevealing)
        }
        group.serve(SecretEndpoints.add) { request in
            let secret = try await request.body()
            try await devices.addSecret(
                try newSecret(secret), replacing: secret.replace ?? false, by: request.requester)
            return AdminSecret(try await secrets.secret(listing: secret.deviceID))
        }
        group.serve(SecretEndpoints.show) { request in
            AdminSecret(try await secrets.secret(listing: request.parameters))
        }
        group.serve(SecretEndpoints.unlock) { request in
            try await secrets.unlock(request.parameters, by: request.requester)
        }
        group.serve(SecretEndpoints.remove) { request in
            try await secrets.removeSecret(of: request.parameters, by: request.requester)
        }
    }

    private func list(_ paging: Paging, revealing: Bool) async throws -> AdminPage<AdminSecret> {
        let secrets = try await secrets.secrets(after: paging.after, limit: paging.limit, revealing: revealing)
        return AdminPage(
            items: secrets.map(AdminSecret.init),
            after: secrets.count == paging.limit ? secrets.last?.deviceID : nil)
    }

    private func newSecret(_ secret: AdminSecret) throws -> NewSecret {
        var new = NewSecret(
            deviceID: secret.deviceID, value: Array((secret.secret ?? "").utf8),
            validUntil: try secrets.validUntil(secret.validUntil ?? ""))
        if let word = secret.pairing {
            guard let pairing = Pairing(rawValue: word) else {
                throw AdminError.badRequest("pairing must be hmac, spake2plus or any")
            }
            new.pairing = pairing
        }
        new.record = try secret.record.map(Self.record)
        guard new.record == nil || (new.value.isEmpty && new.pairing != .hmac) else {
            throw AdminError.badRequest("a pairing record takes the place of the secret and is not for hmac")
        }
        new.ou = secret.ou
        new.deviceType = secret.deviceType
        new.tags = secret.tags
        new.note = secret.note
        return new
    }

    private static func record(_ record: AdminPairingRecord) throws -> PairingRecord {
        guard let salt = Hex.decode(record.salt), let w0 = Hex.decode(record.w0), let l = Hex.decode(record.l),
            let made = try? PairingRecord(salt: salt, iterations: record.iterations, w0: SecretBytes(w0), l: l)
        else { throw AdminError.badRequest("the pairing record's salt, iterations, w0 or l is not usable") }
        return made
    }
}

extension AdminSecret {
    init(_ listing: SecretListing) {
        self.init(deviceID: listing.deviceID, secret: listing.secret)
        validUntil = RFC3339.text(listing.validUntil)
        ou = listing.ou
        deviceType = listing.deviceType
        pairing = listing.pairing.rawValue
        tags = listing.tags
        note = listing.note
        lockedUntil = listing.lockedUntil.map(RFC3339.text)
        lockedAddresses = listing.lockedAddresses > 0 ? listing.lockedAddresses : nil
    }
}
