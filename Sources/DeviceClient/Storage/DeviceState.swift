internal import Wire

/// The small things a device remembers beside key and certificates.
struct DeviceState: Sendable, Equatable {
    /// Whose folder this is.
    var deviceID: String?
    /// Directory URL at which the hub was last reached.
    var hubURL: String?
    /// DNS-SD name of that hub.
    var hubName: String?
    /// Services of the hub: name → URL.
    var services: [String: String] = [:]
    /// The latest time an authenticated hub told, Unix seconds: a floor for a clock that starts in 1970.
    var hubTime: Int64 = 0
    /// Whether the hub was seen with the mark in its certificate: from then on no certificate without it passes for the hub's.
    var knowsHubMark = false

    init() {}

    init(parsing bytes: [UInt8]) throws(WireError) {
        let document = try JSONValue(parsing: bytes)
        deviceID = document["deviceID"]?.string
        hubURL = document["hubURL"]?.string
        hubName = document["hubName"]?.string
        hubTime = document["hubTime"]?.integer ?? 0
        knowsHubMark = document["knowsHubMark"]?.bool ?? false
        for member in document["services"]?.members ?? [] { services[member.name] = member.value.string }
    }

    func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if let deviceID { writer.member("deviceID", deviceID) }
            if let hubURL { writer.member("hubURL", hubURL) }
            if let hubName { writer.member("hubName", hubName) }
            writer.member("hubTime", hubTime)
            if knowsHubMark { writer.member("knowsHubMark", knowsHubMark) }
            writer.name("services")
            writer.object { writer in
                for (name, url) in services.sorted(by: { $0.key < $1.key }) { writer.member(name, url) }
            }
        }
        return writer.bytes
    }
}
