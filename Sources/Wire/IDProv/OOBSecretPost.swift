package import Encoding

/// What an administrator posts to register a device's secret (docs/protocols/idprov.md 4).
package struct OOBSecretPost: Sendable, Equatable {
    /// The device the secret belongs to.
    package var deviceID: String
    /// The secret, used byte for byte; never logged.
    package var oobSecret: String
    /// ISO date or RFC 3339 date-time; empty means the default of 3 days.
    package var validUntil: String

    private static let names = ["deviceID", "oobSecret", "validUntil"]

    package init(deviceID: String, oobSecret: String, validUntil: String = "") {
        self.deviceID = deviceID
        self.oobSecret = oobSecret
        self.validUntil = validUntil
    }

    /// Reads a post from the network: a valid `deviceID` and a non-empty secret; `validUntil` is not looked at here.
    package init(parsing body: [UInt8]) throws(MessageError) {
        let reader = try MessageReader(body, names: Self.names, limits: .message)
        deviceID = try reader.required(0)
        guard DeviceID.isValid(deviceID) else { throw .invalidMember("deviceID") }
        oobSecret = try reader.required(1)
        validUntil = reader.text(2)
    }

    /// The body to post.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("deviceID", deviceID)
            writer.member("oobSecret", oobSecret)
            writer.member("validUntil", validUntil)
        }
        return writer.bytes
    }
}

extension OOBSecretPost: CustomStringConvertible, CustomReflectable {
    /// Names the device, hides the secret: this type ends up in log lines by accident.
    package var description: String {
        "OOBSecretPost(deviceID: \(deviceID), oobSecret: hidden, validUntil: \(validUntil))"
    }

    /// Hides the secret from `dump` and from test output as well.
    package var customMirror: Mirror {
        Mirror(self, children: ["deviceID": deviceID, "validUntil": validUntil])
    }
}
