internal import Wire

/// Counts against ``TunnelLimits``.
struct TunnelBounds {
    private let limits: TunnelLimits
    private var byToken: [String: Int] = [:]
    private var byDevice: [DeviceID: Int] = [:]
    private var serversByDevice: [DeviceID: Int] = [:]

    init(_ limits: TunnelLimits) {
        self.limits = limits
    }

    /// An end was admitted; `false` when there are too many of its kind.
    mutating func take(_ pass: TunnelPass) -> Bool {
        if let token = pass.tokenID, byToken[token, default: 0] >= limits.perToken { return false }
        if let device = DeviceID(pass.deviceID) {
            let taken = pass.isServer ? serversByDevice[device, default: 0] : byDevice[device, default: 0]
            guard taken < limits.perDevice else { return false }
        }
        if let token = pass.tokenID { byToken[token, default: 0] += 1 }
        guard let device = DeviceID(pass.deviceID) else { return true }
        // Counted apart: visitors can't keep a device from coming back, nor its servers keep visitors out.
        if pass.isServer { serversByDevice[device, default: 0] += 1 } else { byDevice[device, default: 0] += 1 }
        return true
    }

    mutating func release(_ pass: TunnelPass) {
        if let token = pass.tokenID { Self.count(down: token, in: &byToken) }
        guard let device = DeviceID(pass.deviceID) else { return }
        if pass.isServer {
            Self.count(down: device, in: &serversByDevice)
        } else {
            Self.count(down: device, in: &byDevice)
        }
    }

    private static func count<Key: Hashable>(down key: Key, in counts: inout [Key: Int]) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
