internal import AdminAPI
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import PKI
internal import Registry

extension AdminRoutes {
    func addRevocation(to group: RouterGroup<HubContext>) {
        group.post("certificates/revoke", use: revoke)
        group.post("certificates/hold") { request, context in
            var asked = try await JSONBody.decode(AdminRevocation.self, from: request)
            asked.reason = RevocationReason.certificateHold.name
            return try await revoke(asked, by: context.peer.requester)
        }
        group.post("certificates/unhold") { request, context in
            let asked = try await JSONBody.decode(AdminRevocation.self, from: request)
            switch try await named(by: asked, context.peer.requester) {
            case .certificate(let serial):
                // A serial nobody knows is forgotten with its hold.
                return try Self.page([try await issuer.unhold(serial: serial, by: context.peer.requester)])
            case .device(let id):
                try await issuer.unhold(deviceID: id, by: context.peer.requester)
                return try await certificates(of: id)
            }
        }
    }

    @Sendable func revoke(_ request: Request, context: HubContext) async throws -> Response {
        try await revoke(try await JSONBody.decode(AdminRevocation.self, from: request), by: context.peer.requester)
    }

    private func revoke(_ asked: AdminRevocation, by requester: Requester) async throws -> Response {
        guard let reason = RevocationReason(name: asked.reason ?? "unspecified") else {
            let known = RevocationReason.allCases.map(\.name).joined(separator: ", ")
            throw AdminError.badRequest("reason must be one of \(known)")
        }
        switch try await named(by: asked, requester) {
        case .certificate(let serial):
            return try Self.page([try await issuer.revoke(serial: serial, reason: reason, by: requester)])
        case .device(let id):
            try await issuer.revoke(deviceID: id, reason: reason, by: requester)
            return try await certificates(of: id)
        }
    }

    private enum Target {
        case certificate(String)
        case device(String)
    }

    private func named(by asked: AdminRevocation, _ requester: Requester) async throws -> Target {
        if let pem = asked.certificatePEM {
            guard asked.serial == nil, asked.deviceID == nil, asked.target == nil else {
                throw AdminError.badRequest("give one of serial, certificatePEM and deviceID")
            }
            guard let certificate = try? Certificate(pem: pem) else {
                throw AdminError.badRequest("certificatePEM is not a certificate in PEM")
            }
            try await issuer.learn(certificate, by: requester)
            return .certificate(certificate.serial.description)
        }
        switch (asked.serial, asked.deviceID, asked.target) {
        case (let serial?, nil, nil): return .certificate(serial)
        case (nil, let id?, nil): return .device(id)
        case (nil, nil, let target?):
            let isSerial = (try? await issuer.certificate(serial: target)) != nil
            return isSerial ? .certificate(target) : .device(target)
        default: throw AdminError.badRequest("give one of serial, certificatePEM and deviceID")
        }
    }

    /// A device's certificates as they stand now.
    private func certificates(of id: String) async throws -> Response {
        try Self.page(try await issuer.certificates(commonName: id, before: nil, limit: 100).map(\.record))
    }

    private static func page(_ records: [CertificateRecord]) throws -> Response {
        try JSONBody.encode(AdminPage(items: records.map { AdminCertificateView($0) }, after: nil))
    }
}
