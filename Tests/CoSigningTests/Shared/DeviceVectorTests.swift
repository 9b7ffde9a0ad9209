import CoSigning
import Encoding
import Testing

/// What a device accepts and rejects, by the shared cases.
@Suite struct DeviceVectorTests {
    private static let files = [
        "verify-accept", "verify-signature", "verify-encoding", "verify-claims", "verify-time", "verify-audience",
        "verify-rollback", "verify-keyset",
    ]
    private static let cases = files.flatMap { Vectors.cases($0) }

    /// What came of a request.
    private struct Outcome {
        var claims: JSONValue
        var state: AcceptanceState
        var action: Verification.Action?
        var trust: TrustedKeys?
    }

    @Test func everyCase_IsRead() {
        #expect(Self.cases.count == 122)
        #expect(Set(Self.cases.map(\.name)).count == 122)
    }

    @Test(arguments: cases) func case_EndsAsListed(_ vector: Vectors.Case) throws {
        let outcome: Outcome
        do {
            outcome = try Self.judge(vector.request)
        } catch let error as CoSignError {
            #expect(vector.errors.contains(error.name.rawValue), "\(error)")
            return
        }
        #expect(vector.errors.isEmpty, "accepted")
        try Self.check(outcome, vector.whole["check"] ?? [:])
        #expect(outcome.state.timeFloor >= vector.request["state"]?["time_floor"]?.integer ?? 0)
    }

    private static func judge(_ request: JSONValue) throws -> Outcome {
        // Read first, as every front end does: a message that can't be read names its own error.
        let message = try SignedMessage(parsing: try bytes(request))
        let trust = try TrustedKeys(try request.required("trust"))
        let state = try #require(AcceptanceState(try request.required("state")))
        let kind = try #require(MessageKind(rawValue: try request.requiredText("kind")))
        if kind == .keyset {
            let acceptance = try KeySet.accept(message, trust: trust, state: state)
            return Outcome(claims: acceptance.claims, state: acceptance.state, trust: acceptance.trust)
        }
        let device = try request.required("device")
        let circumstances = Verification.Circumstances(
            device: DeviceDescription(
                id: try device.requiredText("id"), type: try device.requiredText("type"),
                groups: device["groups"]?.array?.compactMap(\.string) ?? []),
            clock: request["now"]?.integer, challenge: request["challenge"]?.string,
            isOffline: request["offline"]?.bool ?? false)
        let verification = Verification(trust: trust, circumstances)
        let acceptance = try verification.accept(message, kind: kind, state: state)
        return Outcome(claims: acceptance.claims.members, state: acceptance.state, action: acceptance.action)
    }

    private static func bytes(_ request: JSONValue) throws -> [UInt8] {
        if let text = request["message"]?.string { return Array(text.utf8) }
        return try #require(Base64.decode(try request.requiredText("message_b64").utf8.map { $0 }))
    }

    /// The members of `check`; one that is not known fails, so that none is left out.
    private static func check(_ outcome: Outcome, _ expected: JSONValue) throws {
        for member in expected.members ?? [] {
            switch member.name {
            case "action": #expect(outcome.action?.rawValue == member.value.string)
            case "time_floor": #expect(outcome.state.timeFloor == member.value.integer)
            case "trust_version": #expect(outcome.trust?.version == member.value.integer)
            case "claims":
                for claim in try #require(member.value.members) {
                    #expect(outcome.claims[claim.name] == claim.value, "\(claim.name)")
                }
            case "seq":
                let pair = try #require(member.value.array)
                let stream = outcome.state.streams[try #require(pair.first?.string)]
                #expect(stream?.sequence == pair.last?.integer)
            case "trust_kids":
                for role in try #require(member.value.members) {
                    let kids = outcome.trust?.json[role.name]?.array?.map { $0["kid"] }
                    #expect(kids == role.value.array, "\(role.name)")
                }
            default: Issue.record("\(member.name) is not compared")
            }
        }
    }
}
