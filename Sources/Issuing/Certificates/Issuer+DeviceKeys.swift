internal import Devices
internal import Journal
package import PKI
internal import Store

extension Issuer {
    /// The key a device signs with, that of its newest certificate, and whether the device is admitted.
    ///
    /// - Returns: `nil` for a device that never had a certificate.
    package func deviceKey(of deviceID: String) async throws -> (key: PublicKey, isAdmitted: Bool)? {
        try await journal.store.lookUp { [self] db -> (PublicKey, Bool)? in
            guard let der = try CertificateStore.newest(deviceID: deviceID, in: db) else { return nil }
            let isAdmitted = try devices.device(deviceID, in: db)?.state == .approved
            return (try Certificate(der: der).publicKey, isAdmitted)
        }
    }
}
