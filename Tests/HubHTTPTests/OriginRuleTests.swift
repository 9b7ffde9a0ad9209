import Testing

@testable import HubHTTP

/// Which pages are the hub's own, and which bodies JSON.
@Suite struct OriginRuleTests {
    private static let rule = OriginRule { ["hub.local", "192.0.2.1", "2001:db8::1"].contains($0) }

    @Test(arguments: [
        ("https://hub.local:43776", "hub.local:43776", false), ("https://HUB.local", "hub.LOCAL", false),
        ("https://[2001:db8::1]:443", "[2001:DB8::1]:443", false), ("https://192.0.2.1", "192.0.2.1", false),
        ("https://192.0.2.1:80", "192.0.2.1", true), ("https://hub.local.evil", "hub.local.evil", true),
        ("https://hub.local@evil", "hub.local@evil", true), ("https://:1", ":1", true), ("https://", "", true),
        ("https://[2001:db8::1", "[2001:db8::1", true), ("https://2001:db8::1", "2001:db8::1", true),
        ("null", "hub.local", true), ("hub.local", "hub.local", true), ("https://hub.local/", "hub.local", true),
    ])
    func origin_IsOwnOrForeign(origin: String, authority: String, isForeign: Bool) {
        #expect(Self.rule.isForeign(sites: [], origins: [origin], authority: authority) == isForeign)
        #expect(Self.rule.isForeign(sites: ["cross-site"], origins: [origin], authority: authority))
        #expect(Self.rule.isForeign(sites: [], origins: [origin, "https://evil"], authority: authority))
        #expect(Self.rule.isForeign(sites: [], origins: [origin], authority: nil))
    }

    @Test(arguments: [
        ([], false), (["none"], false), (["same-origin"], false), (["same-site"], true), (["cross-site"], true),
        ([""], true), (["same-origin, cross-site"], true), (["none", "cross-site"], true), (["SAME-ORIGIN"], true),
    ])
    func site_IsOwnOrForeign(sites: [String], isForeign: Bool) {
        #expect(Self.rule.isForeign(sites: sites, origins: [], authority: "hub.local") == isForeign)
    }

    /// A name of somebody else's that leads here (DNS rebinding): page and hub have one origin, and a GET names none.
    @Test func pageOfAHostThatLeadsHere_IsForeign_WithoutOriginToo() {
        for authority in ["evil.example:7000", "evil.example", "", nil] {
            #expect(Self.rule.isForeign(sites: ["same-origin"], origins: [], authority: authority))
        }
        #expect(!Self.rule.isForeign(sites: ["same-origin"], origins: [], authority: "[2001:DB8::1]:7000"))
        #expect(!Self.rule.isForeign(sites: [], origins: [], authority: "evil.example:7000"))
    }

    @Test(arguments: [
        "192.0.2.1:7000@evil.example", "192.0.2.1:7000.evil.example", "[2001:db8::1].evil.example:7000",
        "[2001:db8::1]evil.example", "192.0.2.1:99999", "192.0.2.1:7000/x", "[192.0.2.1]:7000", "hub.local/x",
        "user@hub.local", "192.0.2.1:0", "2001:db8::1", "hub.local:1:2", "hub.local..",
        "[2001:db8::1\u{0}evil.example]:7000",
    ])
    func whatIsNoAuthority_IsNobodysHost(authority: String) {
        #expect(RequestAuthority(authority) == nil)
        #expect(Self.rule.isForeign(sites: [], origins: ["https://" + authority], authority: authority))
        #expect(Self.rule.isForeign(sites: ["same-origin"], origins: [], authority: authority))
    }

    @Test(arguments: [
        ("application/json", true), ("application/json;charset=utf-8", true), (" application/json ; x", true),
        ("application/problem+json", true), ("text/json", false), ("application/jsonx", false), ("+json", false),
        ("text/plain;application/json", false),
    ])
    func type_IsJSONOrNot(type: String, isJSON: Bool) {
        #expect(JSONType.isJSON(type) == isJSON)
    }
}
