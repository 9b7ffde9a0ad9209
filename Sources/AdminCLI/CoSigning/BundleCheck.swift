internal import CoSigning
internal import Encoding

/// A message as a device judges it that takes it from a medium: one of those it is for.
struct BundleCheck {
    let release: ReleaseClaims
    /// Whom the co-signature addresses.
    let audience: [String]
    /// Unix seconds; the earlier of release and co-signature.
    let end: Int64

    /// - Throws: `CoSignError`.
    init(_ bytes: [UInt8], trust: TrustedKeys, now: Int64) throws(CoSignError) {
        let message = try SignedMessage(parsing: bytes)
        let coSignature = message.entries.first { entry in
            trust.coSignerKeys.contains { $0.kid == entry.header.kid }
        }
        let header = coSignature?.header.members ?? .null
        // What is read here before the signatures are checked only chooses the device that checks them.
        let claims = (try? Claims.decode(message.payload)) ?? .null
        let names = Self.names(header["aud"]) + Self.names(claims["aud"])
        let device = DeviceDescription(
            id: Self.first("device:", names), type: claims["device_types"]?.array?.first?.string ?? "",
            groups: names.filter { $0.hasPrefix("group:") }.map { String($0.dropFirst(6)) })
        let accepted = try Verification(trust: trust, .init(device: device, clock: now, isOffline: true))
            .accept(message, kind: .release, state: AcceptanceState())
        guard let release = accepted.claims.release, let end = header["exp"]?.integer else {
            throw CoSignError(.missingAuthorization, "the co-signature does not say until when")
        }
        self.release = release
        self.end = min(end, accepted.claims.end)
        audience = Self.names(header["aud"])
    }

    private static func names(_ value: JSONValue?) -> [String] {
        value?.string.map { [$0] } ?? value?.array?.compactMap(\.string) ?? []
    }

    private static func first(_ prefix: String, _ names: [String]) -> String {
        names.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } ?? ""
    }
}
