import CoSigning
import Encoding
import Testing

/// The hub checks in the order of the table (docs/protocols/cosign.md 6): a request that is wrong in two ways is told
/// the earlier.
@Suite struct RefusalOrderTests {
    enum Fault: String, CaseIterable, Sendable {
        case tooLarge, serverRevoked, unauthenticated, badBody, badSignature, projectKeySuspended, deviceRevoked
        case badClaims, policy, missingProjectSignature

        var refusal: CoSignRefusal {
            switch self {
            case .tooLarge: .tooLarge
            case .serverRevoked: .serverRevoked
            case .unauthenticated: .unauthenticated
            case .badBody, .badClaims: .badRequest
            case .badSignature: .badSignature
            case .projectKeySuspended: .projectKeySuspended
            case .deviceRevoked: .deviceRevoked
            case .policy: .policy
            case .missingProjectSignature: .missingProjectSignature
            }
        }

        func put(into asking: inout Asking) {
            switch self {
            case .serverRevoked: asking.servers = [Party.server.registered(.revoked)]
            case .unauthenticated: asking.tokenClaims = asking.tokenClaims.with("iss", "another")
            case .badSignature: asking.signers[0] = Party.stranger.named(Party.device.kid.text)
            case .projectKeySuspended: asking.signers.append(Party.nextProject.signer)
            case .deviceRevoked: asking.author = .device(Party.device.registered(.revoked))
            case .badClaims: asking.claims = asking.claims.with("nbf", nil)
            case .policy: asking.claims = asking.claims.with("iss", "another")
            case .missingProjectSignature: asking.signers.removeAll { $0.kid == Party.project.kid }
            case .tooLarge, .badBody: break
            }
        }

        func put(into body: inout [UInt8]) {
            switch self {
            case .tooLarge: body += [UInt8](repeating: 0x20, count: 65_537 - body.count)
            case .badBody: body[0] = 0x5B
            default: break
            }
        }
    }

    /// A device's message with a project signature, which the policy wants: only here every row can fail.
    private static func judge(_ faults: [Fault]) throws -> CoSignRefusal? {
        var asking = Asking.device()
        asking.policy.requiresProjectSignature = true
        asking.signers.append(Party.project.signer)
        for fault in faults { fault.put(into: &asking) }
        var body = try asking.draft().bytes
        for fault in faults { fault.put(into: &body) }
        let request = asking.request(token: try asking.token(), body: body)
        return try hubRefusal {
            let judgement = try request.judge(for: asking.project, now: asking.now)
            if judgement.lacksProjectSignature { throw CoSignRefusal.missingProjectSignature }
        }
    }

    @Test(arguments: Fault.allCases) func oneFault_NamesItsRefusal(_ fault: Fault) throws {
        #expect(try Self.judge([fault]) == fault.refusal)
        #expect(try Self.judge([]) == nil)
    }

    @Test(arguments: Fault.allCases, Fault.allCases)
    func twoFaults_NameTheEarlier(_ one: Fault, _ other: Fault) throws {
        let order = Fault.allCases
        guard let first = order.firstIndex(of: one), let second = order.firstIndex(of: other), first < second else {
            return
        }
        #expect(try Self.judge([one, other]) == one.refusal)
    }

    @Test func allFaults_NameTheFirst() throws {
        for start in Fault.allCases.indices {
            let faults = Array(Fault.allCases[start...])
            #expect(try Self.judge(faults) == faults[0].refusal)
        }
    }

    /// The SDK takes every status but 403 for success, and its body for the message.
    @Test(
        arguments: [
            (.unknownProject, 404), (.tooLarge, 413), (.unknownServer, 403), (.serverRevoked, 403),
            (.unauthenticated, 403),
            (.badRequest, 400), (.badSignature, 403), (.projectKeySuspended, 403), (.deviceRevoked, 403),
            (.policy, 403),
            (.replayed, 403), (.missingProjectSignature, 403), (.withdrawn, 403), (.sequenceNotHigher, 409),
            (.suspended, 403),
        ] as [(CoSignRefusal, Int)])
    func refusal_HasItsStatus(_ refusal: CoSignRefusal, _ status: Int) {
        #expect(refusal.status == status)
    }

    @Test func names_AreThoseOfTheProtocol() {
        #expect(
            Set(CoSignRefusal.allCases.map(\.rawValue)) == [
                "unknown_project", "too_large", "unknown_server", "server_revoked", "unauthenticated", "bad_request",
                "bad_signature", "project_key_suspended", "device_revoked", "policy", "replayed",
                "missing_project_signature", "withdrawn", "seq_not_higher", "suspended",
            ])
        #expect(
            Set(CoSignError.Name.allCases.map(\.rawValue)) == [
                "too_large", "bad_format", "bad_header", "bad_algorithm", "duplicate_kid", "missing_signature",
                "bad_signature", "bad_trust", "bad_claims", "wrong_kind", "missing_authorization", "wrong_project",
                "wrong_audience", "wrong_device_type", "not_yet_valid", "expired", "stale", "nonce_mismatch",
                "rollback", "equivocation", "replayed", "wrong_version", "bad_keyset", "bad_artifact",
            ])
    }

    /// What a device reports says the name, and nothing that a stranger wrote.
    @Test func error_SaysItsNameAndNothingOfTheMessage() throws {
        let marks = ["iss", "stream", "version", "artifact.name", "kind", "project"]
        for mark in marks {
            let exchange = Exchange().with(claim: mark, "\u{1B}[31msecret\n").with(claim: "seq", 0)
            do {
                _ = try exchange.judge()
                Issue.record("accepted")
            } catch let error as CoSignError {
                #expect(!"\(error)".contains("secret"))
                #expect("\(error)".hasPrefix(error.name.rawValue + ": "))
            }
        }
    }
}
