import Foundation

/// Tests/PKITests/Vectors/spake2plus.json, as far as programs are asked about it.
struct PairingVectors: Decodable {
    struct Registration: Decodable {
        var secret: String
        var deviceID: String
        var salt: String
        var iterations: Int
        var w0: String
        var L: String
    }

    struct Flow: Decodable {
        var context: String
        var w0: String
        var L: String
        var y: String
    }

    private enum CodingKeys: String, CodingKey {
        case registration, flow
        case shares = "shares_to_refuse"
    }

    var registration: [Registration]
    var flow: Flow
    /// Why they are refused → points that are none.
    var shares: [String: String]

    static func read() throws -> PairingVectors {
        let path = Program.root + "/Tests/PKITests/Vectors/spake2plus.json"
        return try JSONDecoder().decode(self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
