import CoSigning
import Encoding
import Testing

/// The steps run in the order of docs/protocols/cosign.md 4: a message with several faults names the first.
@Suite struct StepOrderTests {
    /// A fault that is put into a good release.
    enum Fault: String, CaseIterable, Sendable {
        case missingSignature, badSignature, badPayload, wrongKind, wrongProject, missingAuthorization, badClaims
        case notYetValid, wrongAudience, nonceMismatch, wrongDeviceType, rollback

        var error: CoSignError.Name {
            switch self {
            case .missingSignature: .missingSignature
            case .badSignature: .badSignature
            case .badPayload: .badClaims
            case .wrongKind: .wrongKind
            case .wrongProject: .wrongProject
            case .missingAuthorization: .missingAuthorization
            case .badClaims: .badClaims
            case .notYetValid: .notYetValid
            case .wrongAudience: .wrongAudience
            case .nonceMismatch: .nonceMismatch
            case .wrongDeviceType: .wrongDeviceType
            case .rollback: .rollback
            }
        }

        func put(into exchange: inout Exchange) {
            switch self {
            case .wrongKind: exchange.kind = .message
            case .wrongProject: exchange.claims = exchange.claims.with("project", "other")
            case .missingAuthorization: exchange.coSignature = exchange.coSignature.with("exp", nil)
            case .badClaims: exchange.claims = exchange.claims.with("version", "")
            case .notYetValid: exchange.clock = Exchange.now - 86_400
            case .wrongAudience: exchange.coSignature = exchange.coSignature.with("aud", "device:other")
            case .nonceMismatch: exchange.challenge = "challenge"
            case .wrongDeviceType: exchange.claims = exchange.claims.with("device_types", ["other"])
            case .rollback: exchange.claims = exchange.claims.with("seq", 1)
            case .missingSignature, .badSignature, .badPayload: break
            }
        }

        func put(into draft: inout Draft) {
            switch self {
            case .missingSignature: draft.signatures.removeFirst()
            case .badSignature: draft.signatures[draft.signatures.count - 1].signature = draft.signatures[0].signature
            default: break
            }
        }
    }

    private static func judge(_ faults: [Fault]) throws -> CoSignError.Name? {
        var exchange = Exchange()
        exchange.state.streams["os"] = try #require(AcceptanceState(["streams": ["os": ["seq": 42]]])).streams["os"]
        for fault in faults { fault.put(into: &exchange) }
        var draft = try exchange.draft()
        if faults.contains(.badPayload) {
            draft = Draft(payload: "W10")
            try draft.sign(Party.project.signer, exchange.projectHeader)
            try draft.sign(Party.coSigner.signer, exchange.coSignature)
        }
        for fault in faults.reversed() { fault.put(into: &draft) }
        return try refusal { try exchange.judge(draft.bytes) }
    }

    @Test(arguments: Fault.allCases) func oneFault_NamesItsError(_ fault: Fault) throws {
        #expect(try Self.judge([fault]) == fault.error)
        #expect(try Self.judge([]) == nil)
    }

    @Test(arguments: Fault.allCases, Fault.allCases) func twoFaults_NameTheEarlier(_ one: Fault, _ other: Fault) throws
    {
        let order = Fault.allCases
        guard let first = order.firstIndex(of: one), let second = order.firstIndex(of: other), first < second else {
            return
        }
        // Without its payload a message has no kind, project or claims to be wrong.
        #expect(try Self.judge([one, other]) == one.error)
    }

    @Test func allFaults_NameTheFirst() throws {
        for start in Fault.allCases.indices {
            let faults = Array(Fault.allCases[start...])
            #expect(try Self.judge(faults) == faults[0].error)
        }
    }

    /// A malformed message is reported before the trust store is checked, and that before the signatures.
    @Test func signatures_AreLookedForBeforeTheyAreChecked() throws {
        var draft = try Exchange().draft()
        draft.signatures[0].signature = draft.signatures[1].signature
        #expect(try refusal { try Exchange().judge(draft.bytes) } == .badSignature)
        draft.signatures.removeLast()
        #expect(try refusal { try Exchange().judge(draft.bytes) } == .missingSignature)
    }

    /// A recovery key signs no release, but a wrong signature of one is wrong.
    @Test func recoverySignature_IsCheckedThoughNotNeeded() throws {
        var draft = try Exchange().draft()
        try draft.sign(.recoveryA)
        #expect(try refusal { try Exchange().judge(draft.bytes) } == nil)
        draft.signatures[2].signature = draft.signatures[0].signature
        #expect(try refusal { try Exchange().judge(draft.bytes) } == .badSignature)
        var recovery = Draft(Exchange.release)
        try recovery.sign(.recoveryA, .recoveryB)
        #expect(try refusal { try Exchange().judge(recovery.bytes) } == .missingSignature)
    }

    /// Of two co-signatures the first in the message speaks, whatever the order in the trust store.
    @Test func firstCoSignature_IsTheOneThatCounts() throws {
        var exchange = Exchange()
        exchange.trust = try TrustedKeys(
            Exchange.trust.json.with("cosigner_keys", [Party.nextCoSigner.jwk, Party.coSigner.jwk]))
        var draft = try exchange.draft()
        let other = Draft.header(Party.nextCoSigner.kid.text, Exchange.authorization).with("aud", "device:other")
        try draft.sign(Party.nextCoSigner.signer, other)
        #expect(try refusal { try exchange.judge(draft.bytes) } == nil)
        draft.signatures.swapAt(1, 2)
        #expect(try refusal { try exchange.judge(draft.bytes) } == .wrongAudience)
    }
}
