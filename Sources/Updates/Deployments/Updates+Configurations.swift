internal import Artifact
internal import Devices
internal import Encoding
package import Journal
internal import PKI
internal import Wire

/// Bringing settings to a device as a deployment.
extension Updates {
    /// Deploys the settings a device should have.
    ///
    /// - Parameter retries: how often it is tried again.
    /// - Throws: ``UpdatesError``.
    package func deployConfiguration(
        of deviceID: String, retries: Int, by requester: Requester
    ) async throws -> Deployment {
        let settings = try await configurations.configuration(of: deviceID).configured.encoded()
        // Other settings have another name, so that a device that has these already says so.
        var new = NewDeployment(
            name: "configuration of \(deviceID)",
            artifactName: "configuration-" + Hex.encode(Array(SHA256.hash(settings).prefix(8))), target: .devices)
        new.devices = [deviceID]
        new.plan.retries = retries
        new.isConfiguration = true
        new.plan.settings = String(decoding: settings, as: UTF8.self)
        return try await deploy(new, by: requester)
    }

    /// The artifact of such a deployment, made for the device; the same bytes each time, whatever the settings became
    /// since.
    ///
    /// - Throws: ``UpdatesError/unknownDeployment(_:)``, ``UpdatesError/notForDevice``.
    package func configurationArtifact(of deploymentID: String, device deviceID: String) async throws -> [UInt8] {
        let deployment = try await deployment(deploymentID)
        let installation = try await installation(of: deployment, device: deviceID)
        guard deployment.isConfiguration, let installation, !installation.status.isFinished else {
            throw UpdatesError.notForDevice
        }
        let document = try JSONValue(
            parsing: Array((deployment.plan.settings ?? "{}").utf8), limits: Self.settingsLimits)
        let settings = try DeviceSettings(document).settings
        let recipe = ArtifactRecipe.configuration(
            name: deployment.artifactName, deviceTypes: [installation.deviceType],
            values: Dictionary(settings.map { ($0.name, $0.value) }) { first, _ in first })
        do {
            return try ArtifactWriter.bytes(recipe)
        } catch {
            throw UpdatesError.badArtifact("\(error)")
        }
    }

    /// As many settings as a device may have, of full length, with room for escapes.
    private static var settingsLimits: JSONLimits { JSONLimits(bytes: 4 << 20, depth: 4, values: 1024) }
}
