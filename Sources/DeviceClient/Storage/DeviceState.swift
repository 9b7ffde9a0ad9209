internal import Encoding

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
    /// The time an authenticated hub told last, Unix seconds: a floor for a clock that starts in 1970.
    var hubTime: Int64 = 0
    /// Whether the hub was seen with the mark in its certificate: from then on no certificate without it passes for the
    /// hub's.
    var knowsHubMark = false
    /// What is done about a clock that runs ahead.
    var correction: TimeKeeper.Correction?
    /// Serials of the last certificates, newest last: none of them is a proof that a hub is there now.
    var serials: [String] = []

    /// More than these are not remembered: at half of a life of 30 days each, a year and more.
    private static let serialLimit = 32

    /// Adds serials; one that is there already is not repeated.
    mutating func note(_ serials: [String]) {
        self.serials = Array((self.serials.filter { !serials.contains($0) } + serials).suffix(Self.serialLimit))
    }

    init() {}

    init(parsing bytes: [UInt8]) throws(MessageError) {
        let document = try JSONValue(parsing: bytes)
        deviceID = document["deviceID"]?.string
        hubURL = document["hubURL"]?.string
        hubName = document["hubName"]?.string
        hubTime = document["hubTime"]?.integer ?? 0
        knowsHubMark = document["knowsHubMark"]?.bool ?? false
        if let ceiling = document["clockCeiling"]?.integer, let excess = document["clockExcess"]?.integer, excess > 0 {
            correction = TimeKeeper.Correction(ceiling: ceiling, excess: excess)
        }
        note(document["serials"]?.array?.compactMap(\.string) ?? [])
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
            if let correction {
                writer.member("clockCeiling", correction.ceiling)
                writer.member("clockExcess", correction.excess)
            }
            writer.name("serials")
            writer.array { writer in
                for serial in serials { writer.string(serial) }
            }
            writer.name("services")
            writer.object { writer in
                for (name, url) in services.sorted(by: { $0.key < $1.key }) { writer.member(name, url) }
            }
        }
        return writer.bytes
    }
}
