internal import Foundation
internal import Issuing
internal import JournalTestSupport

/// States a hub can be in.
extension IssuingRig {
    /// One with the authority of this one, and a store that knows nothing of what this one issued: as after the
    /// restoration of an older backup.
    package func restored() async throws -> IssuingRig {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: Self.authorityFolder(self.folder), toPath: Self.authorityFolder(folder))
        return try await IssuingRig(folder: folder)
    }

    /// Gives the OCSP responder its certificate; before that it signs nothing.
    package func openResponder() async throws {
        try await ResponderCertificate(folder: Self.authorityFolder(folder), issuer: issuer).refresh(responder)
    }
}
