internal import Encoding
internal import Updates
internal import Wire

/// Deployments as the management API shows them (docs/protocols/mender.md 12.5).
enum DeploymentText {
    static func write(
        _ deployment: Deployment, _ statistics: DeploymentStatistics, now: Int64, to writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("id", deployment.id)
            writer.member("name", deployment.name)
            writer.member("artifact_name", deployment.artifactName)
            writer.member("created", RFC3339.text(deployment.createdAt))
            if let time = deployment.finishedAt { writer.member("finished", RFC3339.text(time)) }
            // The vendor's programs know no pause; ours is beside it.
            writer.member(
                "status", deployment.status(now: now) == .scheduled ? "scheduled" : deployment.state.word)
            if let reason = deployment.pauseReason { writer.member("pause_reason", reason) }
            writer.member(
                "device_count", Int64(deployment.isDynamic ? deployment.counts.begun : deployment.deviceCount))
            writer.member("max_devices", Int64(deployment.plan.deviceLimit ?? deployment.deviceCount))
            writer.member("initial_device_count", Int64(deployment.isDynamic ? 0 : deployment.deviceCount))
            writer.name("artifacts")
            writer.array { writer in statistics.artifacts.forEach { writer.string($0) } }
            writer.name("groups")
            writer.array { writer in
                if case .group(let name) = deployment.target { writer.string(name) }
            }
            writer.member("type", deployment.isConfiguration ? "configuration" : "software")
            if deployment.plan.isForced { writer.member("force_installation", true) }
            writer.name("statistics")
            writer.object { writer in
                writer.name("status")
                write(statistics, to: &writer)
                writer.member("total_size", statistics.totalSize)
            }
            writePlan(deployment, to: &writer)
        }
    }

    /// Devices by state; every state is named.
    static func write(_ statistics: DeploymentStatistics, to writer: inout JSONWriter) {
        writer.object { writer in
            for status in DeploymentStatus.allCases {
                writer.member(status.rawValue, Int64(statistics.counts[InstallationStatus(status)] ?? 0))
            }
        }
    }

    private static func writePlan(_ deployment: Deployment, to writer: inout JSONWriter) {
        let plan = deployment.plan
        if !plan.phases.isEmpty {
            writer.name("phases")
            let sizes = plan.sizes(devices: deployment.expectedDevices)
            writer.array { writer in
                for (index, phase) in plan.phases.enumerated() {
                    writer.object { writer in
                        writer.member("id", phase.id)
                        if let percent = phase.percent { writer.member("batch_size", Int64(percent)) }
                        if let start = phase.startsAt { writer.member("start_ts", RFC3339.text(start)) }
                        writer.member("device_count", Int64(sizes[index]))
                    }
                }
            }
        }
        if plan.retries > 0 { writer.member("retries", Int64(plan.retries)) }
        if let points = plan.holdPoints {
            writer.name("update_control_map")
            UpdateControlMap(points, id: deployment.id).write(to: &writer)
        }
        if let rule = plan.stopRule {
            writer.name("stop")
            writer.object { writer in
                writer.member("failure_percent", Int64(rule.failurePercent))
                writer.member("after_devices", Int64(rule.afterDevices))
            }
        }
        if case .filter(let filter) = deployment.target { writer.member("filter", filter) }
    }

    /// One device's part.
    ///
    /// - Parameter id: the device's UUID.
    static func write(
        _ installation: Installation, id: String, artifact: StoredArtifact?, retries: Int, to writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("id", id)
            let status = DeploymentStatus(installation.status).rawValue
            writer.member("status", status)
            writer.member("created", RFC3339.text(installation.createdAt))
            if let time = installation.startedAt { writer.member("started", RFC3339.text(time)) }
            if let time = installation.finishedAt { writer.member("finished", RFC3339.text(time)) }
            writer.member("device_type", installation.deviceType)
            writer.member("log", installation.hasLog)
            writer.member("state", status)
            writer.member("substate", installation.substate)
            writer.member("attempts", Int64(installation.failedAttempts + (installation.startedAt == nil ? 0 : 1)))
            writer.member("retries", Int64(retries))
            guard let artifact else { return }
            writer.name("image")
            writer.object { writer in
                writer.member("id", artifact.id)
                writer.name("meta")
                writer.object { $0.member("description", artifact.description) }
                writer.name("meta_artifact")
                writer.object { writer in
                    writer.member("name", artifact.name)
                    writer.name("device_types_compatible")
                    writer.array { writer in artifact.deviceTypes.forEach { writer.string($0) } }
                }
                writer.member("size", artifact.size)
                writer.member("modified", RFC3339.text(artifact.modifiedAt))
            }
        }
    }
}
