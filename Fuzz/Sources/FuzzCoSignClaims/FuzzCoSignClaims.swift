import CoSigning
import Encoding
import PKI

/// Claims and a co-signature's members, a line each, that both parties really signed: what stands behind the
/// signatures. None may trap; what a device takes keeps the rules, and what the hub stores a device can read.
@_cdecl("LLVMFuzzerTestOneInput")
func judgeClaims(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let lines = unsafe Array(UnsafeBufferPointer(start: data, count: count))
        .split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
    guard let message = signed(lines[0], lines.count > 1 ? lines[1] : []) else { return 0 }
    // A signature takes longer than all the rest, so each input is judged once; its length says by whom.
    let state = count.isMultiple(of: 2) ? AcceptanceState() : storedState
    switch (try? Claims.decode(message.payload)).flatMap({ MessageKind(of: $0) }) {
    case .release?: judgeRelease(message, circumstances[count % 3], state)
    case .message?: judgeMessage(message, circumstances[count % 3], state)
    case .keyset?: judgeKeySet(message, state)
    case nil: return 0
    }
    if let release = try? StoredRelease(message, project: project) {
        precondition(release.claims.release == release.release, "a release without its claims")
        precondition((1...CoSignLimits.largestInteger).contains(release.release.sequence), "a number out of range")
        _ = release.isValid(at: now)
    }
    return 0
}

private func judgeRelease(
    _ message: SignedMessage, _ circumstances: Verification.Circumstances, _ state: AcceptanceState
) {
    let verification = Verification(trust: trust, circumstances)
    guard let accepted = try? verification.accept(message, kind: .release, state: state) else { return }
    guard let release = accepted.claims.release else { preconditionFailure("a release without a release") }
    let stream = accepted.state.streams[release.stream]
    precondition(stream?.sequence == release.sequence, "a release that was not noted")
    precondition(release.sequence >= state.streams[release.stream]?.sequence ?? 1, "a rollback")
    precondition(accepted.state.timeFloor >= state.timeFloor, "a floor that falls")
    precondition(release.fits(circumstances.device.type), "a release for other hardware")
    precondition(accepted.claims.project == trust.project, "a release of another project")
    precondition(AcceptanceState(accepted.state.json) == accepted.state, "a state that can't be stored")
}

private func judgeMessage(
    _ message: SignedMessage, _ circumstances: Verification.Circumstances, _ state: AcceptanceState
) {
    let verification = Verification(trust: trust, circumstances)
    guard let accepted = try? verification.accept(message, kind: .message, state: state) else { return }
    precondition(accepted.action == nil && accepted.state.streams == state.streams, "a message that installs")
    precondition(accepted.state.usedIDs.last == accepted.claims.id.text, "a message that may come again")
    let again = try? verification.accept(message, kind: .message, state: accepted.state)
    precondition(again == nil, "a message that was accepted twice")
}

private func judgeKeySet(_ message: SignedMessage, _ state: AcceptanceState) {
    guard let accepted = try? KeySet.accept(message, trust: trust, state: state) else { return }
    precondition((try? TrustedKeys(accepted.trust.json)) == accepted.trust, "a trust store that can't be stored")
    precondition(accepted.state.timeFloor == state.timeFloor, "a floor that falls without recovery")
    precondition(AcceptanceState(accepted.state.json) == accepted.state, "a state that can't be stored")
}

/// The message with both signatures; the second line's members go into the co-signature's header.
private func signed(_ payload: [UInt8], _ header: [UInt8]) -> SignedMessage? {
    let text = Base64URL.encode(payload)
    let more = StrictJSON.parse(header)?.members ?? []
    var entries: [JSONValue] = []
    for (key, members) in [(projectKey, []), (coSignerKey, more)] {
        let fixed: [JSONValue.Member] = [
            .init("typ", .string("JOSE+JSON")), .init("alg", .string("ES256")), .init("kid", .string(key.kid.text)),
        ]
        let protected = Base64URL.encode(JSONValue.object(fixed + members).encoded())
        guard let signature = try? key.key.signRaw(Array("\(protected).\(text)".utf8)) else { return nil }
        entries.append(
            .object([
                .init("protected", .string(protected)), .init("signature", .string(Base64URL.encode(signature))),
            ]))
    }
    let message = JSONValue.object([.init("payload", .string(text)), .init("signatures", .array(entries))])
    return try? SignedMessage(parsing: message.encoded())
}

private let now: Int64 = 1_800_000_000

private let circumstances: [Verification.Circumstances] = {
    let device = DeviceDescription(id: "sensor-0001", type: "rpi4", groups: ["lab"])
    return [
        .init(device: device, clock: now), .init(device: device, clock: nil, challenge: "n"),
        .init(device: device, clock: nil, isOffline: true),
    ]
}()

private let storedState: AcceptanceState = {
    let text = #"{"streams":{"os":{"seq":42}},"time_floor":1799999990,"jti":["0022027-01-15T09:00:00Zabcdef"]}"#
    guard let json = StrictJSON.parse(Array(text.utf8)), let state = AcceptanceState(json) else {
        preconditionFailure("no state")
    }
    return state
}()

private func made(_ name: String) -> SigningKey {
    guard let kid = KeyID(name), let key = try? PrivateKey.makeP256() else { preconditionFailure("no key") }
    return SigningKey(kid: kid, key: key)
}

private let projectKey = made("p")
private let coSignerKey = made("project/p")

private let trust: TrustedKeys = {
    let keys = [projectKey, coSignerKey].compactMap { VerificationKey(kid: $0.kid, key: $0.key.publicKey) }
    guard let trust = try? TrustedKeys(project: "p", version: 1, projectKeys: [keys[0]], coSignerKeys: [keys[1]]) else {
        preconditionFailure("no trust store")
    }
    return trust
}()

private let project = Project(
    id: "p", projectKeys: [RegisteredKey(kid: projectKey.kid, key: projectKey.key.publicKey, state: .active)],
    servers: [], policy: .init())
