import CoSigning
import Encoding

/// Messages of strangers to a device that trusts the test keys of the vectors, which the seeds are signed with. None
/// may trap; what is accepted carries both signatures over exactly the claims that come out.
@_cdecl("LLVMFuzzerTestOneInput")
func judgeMessage(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    _ = try? CallerToken(String(decoding: bytes, as: UTF8.self), caller: server, now: now)
    guard let message = try? SignedMessage(parsing: bytes) else { return 0 }
    let again = try? SignedMessage(parsing: message.encoded())
    precondition(again?.encoded() == message.encoded(), "a message that changes")
    let device = DeviceDescription(id: "sensor-0001", type: "rpi4", groups: ["lab"])
    for kind in [MessageKind.release, .message, .keyset] {
        for clock in [now, nil] {
            let verification = Verification(trust: trust, .init(device: device, clock: clock, isOffline: true))
            guard let accepted = try? verification.accept(message, kind: kind, state: .init()) else { continue }
            precondition(kind != .keyset, "a key set that is taken for a message")
            checkSigned(message, accepted.claims.members)
        }
    }
    if let accepted = try? KeySet.accept(message, trust: trust, state: .init()) {
        precondition(accepted.trust.version == trust.version + 1, "a key set out of its turn")
    }
    if let release = try? StoredRelease(message, project: project) {
        precondition(release.message.entries.count == 1, "a release with a stranger's signature")
    }
    let request = CoSignRequest(caller: server.kid.text, author: .server, token: nil, body: bytes)
    precondition((try? request.judge(for: project, now: now)) == nil, "a request without a token")
    return 0
}

private func checkSigned(_ message: SignedMessage, _ claims: JSONValue) {
    for keys in [trust.projectKeys, trust.coSignerKeys] {
        let isSigned = keys.contains { key in
            message.entry(key.kid).map { message.isSigned($0, by: key.key) } ?? false
        }
        precondition(isSigned, "a message that one party did not sign")
    }
    precondition((try? Claims.decode(message.payload)) == claims, "claims that were not signed")
}

private let now: Int64 = 1_800_000_000

private let trust: TrustedKeys = {
    guard let json = StrictJSON.parse(Array(trustText.utf8)), let trust = try? TrustedKeys(json) else {
        preconditionFailure("no trust store")
    }
    return trust
}()

private let server: RegisteredKey = {
    guard let key = trust.recoveryKeys.first else { preconditionFailure("no key") }
    return RegisteredKey(kid: key.kid, key: key.key, state: .active)
}()

private let project = Project(
    id: trust.project,
    projectKeys: trust.projectKeys.map { RegisteredKey(kid: $0.kid, key: $0.key, state: .active) },
    servers: [server], policy: .init())

/// That of the vectors.
private let trustText = """
    {"project":"5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10","version":1,"recovery_threshold":2,
    "project_keys":[
    {"kty":"EC","crv":"P-256","kid":"5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10",
    "x":"CmGIjV4rdX5HPzAPzlrHOj9cQLf8DsyHJlmLZoyATCQ","y":"e4bp8QsrStExw3UoSNll4145dlqqgiC67xVEvHz_kl8"}
    ],
    "cosigner_keys":[
    {"kty":"EC","crv":"P-256","kid":"project/5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10",
    "x":"bAl1VG7Li-W1j0JD0IXm2E1x5lhYpKOO-Xer5FItDvs","y":"HG6mlZuJiikyJpTD5sBT94MuTEfp74kOcIUiZ9YlmV0"}
    ],
    "recovery_keys":[
    {"kty":"EC","crv":"P-256","kid":"recovery-a",
    "x":"RysQjW-YDzK4wSCntyZGSYp4IfW9PTV8RymRr02YiDg","y":"NSTOZydjaDlD6IoCz7jeobBUOTnHiUJViK23a8OXn6c"},
    {"kty":"EC","crv":"P-256","kid":"recovery-b",
    "x":"6PkcOTZQexbddbPvceXDBaF7f9HAcN1o54p1fmaCPa4","y":"X4fzH3krLgMgLL0V9Nfd75K3z1KA5WD0fNXFHULOI9w"},
    {"kty":"EC","crv":"P-256","kid":"recovery-c",
    "x":"G1kx0HnB9-2MEQwOcXRd9lTJe_BDd4fK_vE5uNB28_A","y":"6NoGPo9aubUkgSp1cJ39f8FDMWQT9TjZ_HGjSjjlQlg"}
    ]}
    """
