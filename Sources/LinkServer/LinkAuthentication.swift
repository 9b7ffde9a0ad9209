package import Devices
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
internal import Logging
internal import PKI
package import Wire

/// Whose link a request would open: by the certificate of the connection, or by a shared secret in its headers
/// (docs/protocols/device-link.md 2.4, 3).
package struct LinkAuthentication: Sendable {
    /// A device that was let in.
    package struct Pass: Sendable, Equatable {
        package let device: DeviceID
        /// The link key it came with; `nil` for a certificate. ``Ending/linkKey(_:)`` names it.
        package let key: String?
    }

    private let keys: LinkKeys

    package init(_ keys: LinkKeys) {
        self.keys = keys
    }

    /// The device of a request.
    ///
    /// - Throws: ``UpgradeRefusal``.
    package func pass(_ request: Request, _ context: HubContext) async throws -> Pass {
        do {
            switch try await admission(request, context) {
            case .admitted(let id, let key): return Pass(device: DeviceID(id), key: key)
            case .refused: throw UpgradeRefusal.refused
            case .busy: throw UpgradeRefusal.unavailable
            }
        } catch let refusal as UpgradeRefusal {
            throw refusal
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // To a device it is all one: it comes again. What it was is for those who look after the hub.
            context.logger.error("device link not decided", metadata: ["error": "\(error)"])
            throw UpgradeRefusal.unavailable
        }
    }

    /// Whether a device that was let in still may be: asked once more when its link is known to all that could end it,
    /// and whenever that is in doubt.
    package func stillCounts(_ pass: Pass, _ context: HubContext) async -> Bool {
        guard context.peerStillCounts else { return false }
        return (try? await keys.isAllowed(pass.device.text, key: pass.key)) ?? false
    }

    /// A certificate decides alone, also one that is good for nothing here: a device that shows the wrong one must not
    /// get in by what else it has.
    private func admission(_ request: Request, _ context: HubContext) async throws -> LinkAdmission {
        let peer = context.peer
        if let certificate = peer.certificate {
            guard peer.role == .iotdevice else { return .refused }
            return try await keys.admit(certificateOf: certificate.subject.commonName)
        }
        if peer.endedCertificate != nil { return .refused }
        guard request.headers.contains(where: { $0.name.canonicalName.hasPrefix("x-") }) else {
            throw UpgradeRefusal.noCredentials
        }
        guard
            let headers = try? SharedSecretHeaders(reading: { name in
                HTTPField.Name(name).map { request.headers[values: $0] } ?? []
            })
        else { return .refused }
        return try await keys.authenticate(headers, address: peer.address)
    }
}
