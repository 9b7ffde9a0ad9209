import CoSigning
import Encoding
import Testing

/// What the hub refuses to co-sign, by the rows of the table (docs/protocols/cosign.md 6).
@Suite struct CoSignRequestTests {
    @Test func goodRequests_AreJudgedByWhatTheySay() throws {
        let message = try Asking().judge()
        #expect(message.kind == .message)
        #expect(message.issuer == Party.server.kid.text)
        #expect(message.end == 1_800_003_600)
        #expect(message.notBefore == 1_800_000_000)
        #expect(message.tokenID.text == "0022027-01-15T09:00:00Ztoken0")
        #expect(message.messageID.text == "0022027-01-15T09:00:00Zabcdef")
        #expect(message.projectKeys.isEmpty)
        #expect(!message.lacksProjectSignature)
        #expect(message.claims == Exchange.message)
        let release = try Asking.release().judge()
        #expect(release.kind == .release)
        #expect(release.projectKeys == [Party.project.kid])
        #expect(release.rememberUntil == 1_831_536_000 + 3600)
        #expect(release.message.entries.count == 2)
        #expect(try Asking.device().judge().issuer == "sensor-0001")
    }

    /// Both ids are remembered until the later end and an hour.
    @Test func ids_AreRememberedAnHourBeyondTheLaterEnd() throws {
        #expect(try Asking().with(claim: "exp", 1_800_000_100).judge().rememberUntil == 1_800_003_600 + 3600)
        #expect(try Asking().with(claim: "exp", 1_800_009_999).judge().rememberUntil == 1_800_009_999 + 3600)
    }

    /// After a restore neither may be from before it, so the older counts.
    @Test func beginning_IsThatOfTheOlder() throws {
        #expect(try Asking().with(claim: "nbf", 1_799_999_000).judge().notBefore == 1_799_999_000)
        #expect(try Asking().with(token: "nbf", 1_799_999_999).judge().notBefore == 1_799_999_999)
        #expect(try Asking().with(claim: "nbf", 1_800_000_120).judge().notBefore == 1_800_000_000)
    }

    @Test func body_HasAtMost65536Bytes() throws {
        let asking = Asking()
        let bytes = try asking.draft().bytes
        let longest = bytes + [UInt8](repeating: 0x20, count: 65_536 - bytes.count)
        func refusal(_ body: [UInt8]) throws -> CoSignRefusal? {
            let request = asking.request(token: try asking.token(), body: body)
            return try hubRefusal { try request.judge(for: asking.project, now: asking.now) }
        }
        #expect(try refusal(longest) == nil)
        #expect(try refusal(longest + [0x20]) == .tooLarge)
        #expect(try refusal([]) == .badRequest)
        #expect(try refusal([UInt8](repeating: 0x7B, count: 65_536)) == .badRequest)
    }

    @Test(
        arguments: [
            ("nobody", .unknownServer), ("", .unknownServer), (Party.device.kid.text, .unknownServer),
            (Party.project.kid.text, .unknownServer), (Party.revokedServer.kid.text, .serverRevoked),
        ] as [(String, CoSignRefusal)])
    func caller_MustBeAnActiveServer(_ caller: String, _ refusal: CoSignRefusal) throws {
        var asking = Asking()
        asking.caller = caller
        #expect(try asking.refusal() == refusal)
    }

    @Test(arguments: [KeyState.suspended, .revoked]) func serverThatIsNotActive_IsRefused(_ state: KeyState) throws {
        var asking = Asking()
        asking.servers = [Party.server.registered(state)]
        #expect(try asking.refusal() == .serverRevoked)
    }

    @Test func requestWithoutAToken_IsUnauthenticated() throws {
        let asking = Asking()
        let request = asking.request(token: nil, body: try asking.draft().bytes)
        #expect(try hubRefusal { try request.judge(for: asking.project, now: asking.now) } == .unauthenticated)
    }

    /// The signer must be the one whose message it is.
    @Test func signatureOfTheAuthor_IsNeeded() throws {
        for parties in [[Party.project], [.stranger], [.device], [.revokedServer], [.coSigner, .recoveryA]] {
            var asking = Asking()
            asking.signers = parties.map(\.signer)
            #expect(try asking.refusal() == .badSignature)
        }
        var asking = Asking()
        asking.signers = [Party.stranger.named(Party.server.kid.text)]
        #expect(try asking.refusal() == .badSignature)
        asking = .device()
        asking.signers = [Party.server.signer]
        #expect(try asking.refusal() == .badSignature)
        asking.signers = [Party.otherDevice.named(Party.device.kid.text)]
        #expect(try asking.refusal() == .badSignature)
    }

    /// A signature of a project key is right or the message is refused, also where none is needed.
    @Test func projectSignature_IsCheckedThoughNotNeeded() throws {
        #expect(try Asking().signed(by: .project, .server).refusal() == nil)
        var asking = Asking()
        asking.signers = [Party.stranger.named(Party.project.kid.text), Party.server.signer]
        #expect(try asking.refusal() == .badSignature)
    }

    @Test(arguments: [KeyState.suspended, .revoked]) func keyThatIsNotActive_IsRefused(_ state: KeyState) throws {
        var asking = Asking.release()
        asking.projectKeys = [Party.project.registered(state)]
        #expect(try asking.refusal() == .projectKeySuspended)
        // Also beside one that is.
        asking.projectKeys = [Party.project.registered(state), Party.nextProject.registered()]
        #expect(try asking.signed(by: .nextProject, .project, .server).refusal() == .projectKeySuspended)
        #expect(try asking.signed(by: .nextProject, .server).refusal() == nil)
    }

    @Test(arguments: [KeyState.suspended, .revoked]) func deviceThatIsNotActive_IsRefused(_ state: KeyState) throws {
        #expect(try Asking.device(state).refusal() == .deviceRevoked)
    }

    @Test(
        arguments: [
            ("jti", nil, .badRequest), ("jti", "1", .badRequest), ("jti", 1, .badRequest), ("nbf", nil, .badRequest),
            ("nbf", "1", .badRequest), ("nbf", -1, .badRequest), ("exp", nil, .badRequest), ("exp", .null, .badRequest),
            ("exp", .number("1e12"), .badRequest), ("iss", nil, .policy), ("iss", "another", .policy),
            ("iss", 1, .policy),
            ("kind", "unknown", .policy), ("kind", 1, .policy), ("nbf", 1_800_000_120, nil),
            ("nbf", 1_800_000_121, .policy),
            ("exp", 1_799_999_997, nil), ("exp", 1_799_999_996, .policy), ("jti", "0022027-01-15T07:59:57Zabcdef", nil),
            ("jti", "0022027-01-15T07:59:56Zabcdef", .policy), ("jti", "0012027-01-15T08:02:00Zabcdef", nil),
            ("jti", "0012027-01-15T08:02:01Zabcdef", .policy), ("project", "any", nil), ("kind", "message", nil),
        ] as [(String, JSONValue?, CoSignRefusal?)])
    func claim_IsAcceptedOrNamesItsRefusal(_ name: String, _ value: JSONValue?, _ refusal: CoSignRefusal?) throws {
        #expect(try Asking().with(claim: name, value).refusal() == refusal)
    }

    @Test(
        arguments: [
            ("project", nil, .policy), ("project", "other", .policy), ("project", 1, .policy), ("seq", 0, .badRequest),
            ("seq", nil, .badRequest), ("artifact.sha256", "x", .badRequest), ("device_types", [], .badRequest),
            ("aud", 1, .badRequest), ("checksum", -1, .badRequest),
        ] as [(String, JSONValue?, CoSignRefusal?)])
    func release_MustBeOneThatDevicesTake(_ path: String, _ value: JSONValue?, _ refusal: CoSignRefusal?) throws {
        #expect(try Asking.release().with(claim: path, value).refusal() == refusal)
    }

    @Test func payloadThatIsNoObject_IsABadRequest() throws {
        let asking = Asking()
        for payload in ["W10", "e31", "A"] {
            var draft = Draft(payload: payload)
            try draft.sign(.server)
            let request = asking.request(token: try asking.token(), body: draft.bytes)
            #expect(try hubRefusal { try request.judge(for: asking.project, now: asking.now) } == .badRequest)
        }
    }

    /// Releases and key sets need the publisher, messages by policy; said last, so the judgement only notes it.
    @Test func projectSignature_IsNeededByKindOrPolicy() throws {
        #expect(try Asking.release().signed(by: .server).judge().lacksProjectSignature)
        #expect(try !Asking.release().judge().lacksProjectSignature)
        let keySet = Asking().with(claim: "kind", "keyset").with(claim: "project", .string(Exchange.projectID))
        #expect(try keySet.judge().lacksProjectSignature)
        #expect(try !keySet.signed(by: .server, .project).judge().lacksProjectSignature)
        #expect(try keySet.with(claim: "project", "other").refusal() == .policy)
        var strict = Asking()
        strict.policy.requiresProjectSignature = true
        #expect(try strict.judge().lacksProjectSignature)
        #expect(try !strict.signed(by: .project, .server).judge().lacksProjectSignature)
    }
}
