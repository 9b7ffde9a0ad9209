internal import AdminAPI

/// One thing that happened to tunnels, as somebody who watches sees it.
struct TunnelLine: Codable, Equatable {
    /// `open` (was open when the watch began), `opened`, `closed`, `refused`, or what else the audit trail tells about
    /// tunnels: `token`, `revoke`, `drain`, `lost`.
    let change: String
    /// When, RFC 3339.
    let at: String
    /// Place in the audit trail; `nil` for what was open already.
    var sequence: Int64?
    /// Number of the connection.
    var tunnel: UInt64?
    /// `server`, `client` or `joined`.
    var role: String?
    /// The device it is about.
    var device: String?
    /// Whom its token or certificate names.
    let user: String
    /// Where it comes from.
    let address: String
    /// How long it was open.
    var seconds: Int?
    /// Bytes that the hub received from it and passed on.
    var bytesIn: Int?
    /// Bytes that the hub sent to it.
    var bytesOut: Int?
    /// How many further events of the same kind this line stands for.
    var more: Int?
    /// From how many addresses those came, when there were many.
    var addresses: Int?
    /// Why it was refused.
    var reason: String?
    /// What else is known, by name.
    var detail: [String: String]?

    /// A connection that is open already.
    init(open tunnel: AdminTunnel) {
        change = "open"
        at = tunnel.joinedAt ?? tunnel.connectedAt
        self.tunnel = tunnel.id
        role = tunnel.role
        device = tunnel.device
        user = tunnel.user
        address = tunnel.address
        bytesIn = tunnel.bytesIn
        bytesOut = tunnel.bytesOut
    }

    /// A line of the audit trail; `nil` when it is not about tunnels.
    init?(_ event: AdminAuditEvent) {
        guard event.action.hasPrefix("tunnel.") else { return nil }
        let verb = String(event.action.dropFirst(7))
        change = Self.words[verb] ?? verb
        at = event.at
        sequence = event.sequence
        device = ["tunnels", "many"].contains(event.subject) ? nil : event.subject
        user = event.requester
        address = event.address
        var rest = event.detail.filter { !$0.value.isEmpty }
        if Self.words[verb] != nil {
            tunnel = rest.removeValue(forKey: "tunnel").flatMap { UInt64($0) }
            role = rest.removeValue(forKey: "role") ?? rest.removeValue(forKey: "purpose")
            seconds = rest.removeValue(forKey: "seconds").flatMap { Int($0) }
            bytesIn = rest.removeValue(forKey: "bytesIn").flatMap { Int($0) }
            bytesOut = rest.removeValue(forKey: "bytesOut").flatMap { Int($0) }
            more = rest.removeValue(forKey: "more").flatMap { Int($0) }
            addresses = rest.removeValue(forKey: "addresses").flatMap { Int($0) }
            reason = rest.removeValue(forKey: "reason")
        }
        detail = rest.isEmpty ? nil : rest
    }

    private static let words = ["register": "opened", "open": "opened", "close": "closed", "refuse": "refused"]

    /// For people, with the time as their clock shows it.
    var text: String {
        var words = [more.map { "\($0) more \(change)" } ?? change]
        if let tunnel { words.append("\(tunnel)") }
        if let role { words.append(role) }
        if tunnel != nil || device != nil { words.append(device ?? "-") }
        if let addresses {
            words += ["from", "\(addresses)", "addresses"]
        } else {
            words += ["by", user.isEmpty ? address : "\(user) (\(address))"]
        }
        return Terminal.plain(([LocalTime.text(at), words.joined(separator: " ")].joined(separator: "  ")) + sums)
    }

    private var sums: String {
        var sums: [String] = []
        if let reason { sums.append(reason) }
        if change == "closed" {
            if let seconds { sums.append("\(seconds) s") }
            if let bytesIn { sums.append("in \(TunnelTable.size(bytesIn))") }
            if let bytesOut { sums.append("out \(TunnelTable.size(bytesOut))") }
        } else if Self.words.values.contains(change) == false {
            sums += (detail ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        }
        return sums.map { ", " + $0 }.joined()
    }
}
