import Testing

@testable import PKI

/// Names that mean something to Latchkey: the hub's mark, and the way into a device through a tunnel.
@Suite struct HubNameTests {
    private static func recognize(_ units: [String], _ names: [SubjectAlternativeName]) throws -> HubRecognition {
        var profile = CertificateProfile(
            name: "t", organizationalUnit: units.first, validityDays: 1, extendedKeyUsage: [.serverAuth])
        profile.subjectAlternativeNames = [.dns, .uri]
        return HubRecognition(try TestAuthority().issue(profile, "hub.local", names: names))
    }

    @Test(
        arguments: [
            ([], [.uri("urn:latchkey:hub")], .marked), ([], [.dns("hub.local"), .uri(HubName.uri)], .marked),
            ([], [.dns("hub.local")], .oldForm), ([], [.uri("urn:latchkey:hub2")], .oldForm),
            ([], [.uri("URN:LATCHKEY:HUB")], .oldForm), ([], [.dns("urn:latchkey:hub")], .oldForm),
            (["workshop"], [.uri("urn:latchkey:hub")], .marked), (["workshop"], [.dns("hub.local")], .other),
        ] as [([String], [SubjectAlternativeName], HubRecognition)])
    func mark_TellsTheHub(units: [String], names: [SubjectAlternativeName], recognition: HubRecognition) throws {
        #expect(try Self.recognize(units, names) == recognition)
    }

    /// Whatever else is in it: who has a role is not the hub.
    @Test(arguments: HubRecognition.roles.sorted()) func role_IsNeverTheHub(role: String) throws {
        #expect(try Self.recognize([role], [.uri(HubName.uri)]) == .other)
        #expect(try Self.recognize([role], []) == .other)
    }

    @Test func roles_AreThoseOfTheProfilesThatOthersGet() {
        let given = CertificateProfile.builtIn.compactMap(\.organizationalUnit)
        #expect(Set(given) == HubRecognition.roles)
        #expect(
            CertificateProfile.builtIn.allSatisfy { $0.organizationalUnit == nil || $0.organizationalUnit == $0.name })
    }

    @Test(arguments: [
        ("urn:latchkey:hub", true), ("urn:latchkey:", true), ("URN:Latchkey:anything", true),
        ("urn:latchkey:tunnel:d1", true), ("urn:latchkey", false), ("urn:latchkeyhub", false), ("", false),
        (" urn:latchkey:hub", false), ("urn:other:latchkey:", false),
    ])
    func reservedNames_AreKnownInAnyCase(uri: String, isReserved: Bool) {
        #expect(ReservedName.contains(uri) == isReserved)
    }

    @Test(arguments: [
        ("d1", "urn:latchkey:tunnel:d1"), ("AA:bb", "urn:latchkey:tunnel:AA%3abb"),
        ("a-b.c", "urn:latchkey:tunnel:a%2db%2ec"),
        ("é", "urn:latchkey:tunnel:%c3%a9"), ("e\u{301}", "urn:latchkey:tunnel:e%cc%81"),
        ("50%", "urn:latchkey:tunnel:50%25"), ("", "urn:latchkey:tunnel:"),
    ])
    func tunnelName_EscapesWhatIsNoLetterOrDigit(deviceID: String, uri: String) {
        #expect(TunnelName.uri(of: deviceID) == uri)
        #expect(TunnelName.isValid(uri) && TunnelName.isValid(uri.uppercased()) && ReservedName.contains(uri))
    }

    /// Two IDs never share a name, however much they look alike.
    @Test func tunnelNames_AreAsManyAsIDs() {
        let ids = ["a", "A", "a ", "%61", "a%", "é", "e\u{301}", "a:b", "a%3ab", "a%3Ab", "a/b"]
        #expect(Set(ids.map { Array(TunnelName.uri(of: $0).utf8) }).count == ids.count)
    }

    @Test func certificateOfATunnel_SaysSo() throws {
        let authority = try TestAuthority()
        let tunnel = try authority.issue(.iotdevice, names: [.uri("urn:x"), .uri(TunnelName.uri(of: "d1"))])
        #expect(try Certificate(der: tunnel.der).isForTunnel && tunnel.isForTunnel)
        #expect(try !authority.issue(.iotdevice, names: [.uri(HubName.uri)]).isForTunnel)
        #expect(try !authority.issue(.iotdevice).isForTunnel)
    }
}
