internal import CoSigning
internal import Encoding

/// What a device tells its hub of a release. Nothing depends on whether it arrives.
struct ReleaseReport: Sendable, Equatable {
    static let path = "/cosign/v1/device/report"

    let stream: String
    /// `nil` when the message does not say.
    let sequence: Int64?
    /// Name of the error; `nil` for a release that runs.
    let error: CoSignError.Name?
    /// The hub's deployment.
    let deployment: String?
    let origin: ReleaseTrustOrigin

    func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("stream", stream)
            if let sequence { writer.member("seq", sequence) }
            writer.member("result", error == nil ? "installed" : "refused")
            if let error { writer.member("error", error.rawValue) }
            if let deployment { writer.member("dep", deployment) }
            writer.member("trust_origin", origin.rawValue)
        }
        return writer.bytes
    }
}

extension ReleaseReport {
    /// Longest deployment ID that is repeated to the hub, in bytes.
    private static let deploymentLimit = 128

    /// A refusal. Number and deployment are what the refused message says, whether or not it is true.
    init(refusing message: SignedMessage?, stream: String, _ error: CoSignError.Name, origin: ReleaseTrustOrigin) {
        let claims = message.flatMap { try? Claims.decode($0.payload) }
        let number = claims?["seq"]?.integer.flatMap { (1...CoSignLimits.largestInteger).contains($0) ? $0 : nil }
        let deployment = message?.entries.lazy.compactMap { $0.header.members["dep"]?.string }.first {
            $0.utf8.count <= Self.deploymentLimit
        }
        self.init(stream: stream, sequence: number, error: error, deployment: deployment, origin: origin)
    }
}
