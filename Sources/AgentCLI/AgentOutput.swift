internal import ArgumentParser
internal import DeviceClient
internal import Encoding
internal import Files
internal import Glibc

/// What the program says: results to standard output, everything else to standard error, one line each.
enum AgentOutput {
    /// systemd reads the level from the beginning of a line (sd-daemon(3)).
    enum Level: String {
        case error = "<3>"
        case warning = "<4>"
        case notice = "<5>"
        case info = "<6>"
    }

    private static let isJournal = Environment.value("JOURNAL_STREAM") != nil

    /// - Parameter json: whether the text is a JSON document.
    static func result(_ text: String, json: Bool) {
        write((json ? PlainText.json(text) : PlainText.of(text, keeping: "\n")) + "\n", to: STDOUT_FILENO)
    }

    static func message(_ level: Level, _ text: String) {
        // A name from the network must not forge lines or move the cursor.
        write((isJournal ? level.rawValue : "") + PlainText.of(text) + "\n", to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// Runs a command's work and ends the program as product rules say.
func ending(_ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let error as DeviceError {
        AgentOutput.message(.error, "hub-agent: \(PlainReason.certificate("\(error)"))")
        throw ExitCode(error.exitCode)
    } catch let error as FileError {
        AgentOutput.message(.error, "hub-agent: \(error)")
        throw ExitCode(1)
    }
}

extension DeviceError {
    var exitCode: Int32 {
        switch self {
        case .invalidDeviceID, .invalidHubAddress, .invalidStream, .noDeviceType, .noSecret: 64
        case .noHubFound, .discoveryFailed, .hubUnreachable: 69
        default: 1
        }
    }
}

extension DeviceEvent {
    var level: AgentOutput.Level {
        switch self {
        case .hubLeftAlone(_, .fakeHub, _), .pairingUnavailable, .renewalFailed, .clockCorrected, .tunnelDown: .warning
        case .provisioned, .renewed, .keyMade, .waiting, .tunnelUp, .tunnelClient, .tunnelPort: .notice
        default: .info
        }
    }

    /// - Parameter device: ID of the device it happened to.
    func line(of device: String) -> String {
        switch self {
        case .keyMade(let fingerprint): "key made, fingerprint \(fingerprint)"
        case .searching: "looking for hubs on the network"
        case .hubFound(let hub): "found hub \(hub)"
        case .asking(let hub): "asking hub \(hub)"
        case .waiting(let hub, let seconds): "hub \(hub) waits for the operator; asking again in \(seconds) s"
        case .pairingUnavailable(let hub, let seconds):
            "pake_unavailable: hub \(hub) offers no pairing, and the secret is too weak for less; asking again in \(seconds) s"
        case .hubLeftAlone(_, let reason, let seconds):
            "\(PlainReason.certificate("\(reason)")); not asked again for \(seconds) s"
        case .provisioned(let certificate):
            "provisioned: serial \(certificate.serial), valid until \(RFC3339.text(certificate.notAfter))"
        case .clockCorrected(let seconds): "the clock is impossible; using the hub's time, \(seconds) s away"
        case .renewalDue(let moment): "renewal due at \(RFC3339.text(moment))"
        case .tunnelUp: "tunnel up: people can reach this device through the hub"
        case .tunnelDown(let reason): "tunnel down: \(PlainReason.tunnel(reason, device: device))"
        case .tunnelClient(let number, let name, let address): "tunnel client \(number): \(name) from \(address)"
        case .tunnelPort(let number, let port, let isOpen):
            "tunnel client \(number): port \(port) \(isOpen ? "opened" : "refused")"
        case .tunnelClientLeft(let number): "tunnel client \(number) left"
        case .renewed(let certificate):
            "renewed: serial \(certificate.serial), valid until \(RFC3339.text(certificate.notAfter))"
        case .renewalFailed(let reason, let next, let valid):
            "renewal failed: \(PlainReason.certificate("\(reason)")); next try in \(next) s, "
                + (valid > 0 ? "certificate valid for \(valid) s" : "certificate expired")
        }
    }
}
