package import Encoding

/// Where a device says it is, or why it can't tell: the payload of `geo:location:update`
/// (docs/protocols/device-link.md 11.3).
package enum GeoReport: Sendable, Equatable {
    case location(GeoLocation)
    /// - Parameters:
    ///   - code: the device's word, such as `HTTP_ERROR`.
    ///   - reason: may be empty.
    case failed(code: String, reason: String)

    /// - Returns: `nil` for a payload that is neither.
    package init?(_ payload: JSONValue) {
        if let location = GeoLocation(payload) {
            self = .location(location)
        } else if let code = KeptText.single(payload["error_code"]), !code.isEmpty {
            let reason = payload["error_description"]?.string ?? ""
            self = .failed(code: code, reason: KeptText.of(reason, limit: KeptText.reasonLimit))
        } else {
            return nil
        }
    }
}

/// A place on the earth.
package struct GeoLocation: Sendable, Equatable {
    /// Degrees, -90 to 90.
    package let latitude: Double
    /// Degrees, -180 to 180.
    package let longitude: Double
    /// How it is known, by the device's own word; empty when not said.
    package let source: String
    /// Metres; `nil` when not said.
    package let accuracy: Double?

    package init(latitude: Double, longitude: Double, source: String = "", accuracy: Double? = nil) {
        self.latitude = latitude
        self.longitude = longitude
        self.source = source
        self.accuracy = accuracy
    }

    /// - Returns: `nil` unless both coordinates are numbers within their range.
    package init?(_ payload: JSONValue) {
        guard let latitude = KeptText.number(payload["latitude"]), (-90...90).contains(latitude),
            let longitude = KeptText.number(payload["longitude"]), (-180...180).contains(longitude)
        else { return nil }
        self.init(
            latitude: latitude, longitude: longitude, source: KeptText.of(payload["source"]?.string ?? ""),
            accuracy: KeptText.number(payload["accuracy"]).flatMap { $0 >= 0 ? $0 : nil })
    }

    /// The place as ``init(_:)`` reads it.
    package var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("latitude", .number(NumberWord.text(latitude))),
            .init("longitude", .number(NumberWord.text(longitude))), .init("source", .string(source)),
        ]
        if let accuracy { members.append(.init("accuracy", .number(NumberWord.text(accuracy)))) }
        return .object(members)
    }
}
