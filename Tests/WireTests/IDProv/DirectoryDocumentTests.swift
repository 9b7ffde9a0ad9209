import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// docs/protocols/idprov.md 3: what a directory must have, what may be missing, and whom a device follows.
@Suite struct DirectoryDocumentTests {
    private static let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    private static let endpoints =
        #"{"directory":"/d","status":"/s/{deviceID}","postOobSecret":"/o","postProvisionRequest":"/p"}"#
    private static let url = "https://10.0.0.1:43776/idprov/directory"

    private static func document(
        endpoints: String = endpoints, caCert: String = "null", version: String = "\"1\"", services: String = "{}"
    ) throws -> Directory {
        let text = #"{"endpoints":\#(endpoints),"caCert":\#(caCert),"version":\#(version),"services":\#(services)}"#
        return try Directory(parsing: Array(text.utf8))
    }

    @Test(arguments: [
        ("\"1\"", true), ("\"1.0\"", true), ("\"1.77\"", true), ("\"1.\"", true), ("\"2\"", false), ("\"10\"", false),
        ("\"\"", false), ("\"v1\"", false), ("1", false), ("null", false),
    ])
    func majorVersion_MustBeOne(version: String, isKnown: Bool) throws {
        if isKnown {
            #expect(try Self.document(version: version).endpoints.directory == "/d")
        } else {
            #expect(throws: MessageError.unsupportedVersion) { try Self.document(version: version) }
        }
    }

    @Test(arguments: ["directory", "status", "postOobSecret", "postProvisionRequest"])
    func endpointThatMustBeThere_IsMissed(name: String) {
        for endpoints in [
            Self.endpoints.replacingFirst("\"\(name)\"", with: "\"other\""),
            Self.endpoints.replacingFirst("\"\(name)\":\"", with: "\"\(name)\":7,\"x\":\""),
        ] {
            #expect(throws: MessageError.missingMember(name)) { try Self.document(endpoints: endpoints) }
        }
    }

    @Test func documentThatIsNone_IsRefused() {
        #expect(throws: MessageError.notAnObject) { try Directory(parsing: Array("[]".utf8)) }
        for endpoints in ["null", "[]", "\"/\""] {
            #expect(throws: MessageError.missingMember("endpoints")) { try Self.document(endpoints: endpoints) }
        }
    }

    @Test func certificate_IsPEMOrPEMInBase64() throws {
        let quoted = "\"" + Self.pem.split(separator: "\n").joined(separator: "\\n") + "\\n\""
        #expect(try Self.document(caCert: quoted).caCert == Self.pem)
        #expect(try Self.document(caCert: "\"\(Base64.encode(Array(Self.pem.utf8)))\"").caCert == Self.pem)
        for none in ["null", "\"\""] { #expect(try Self.document(caCert: none).caCert == nil) }
        for other in ["1", "true", "{}", "[]"] {
            #expect(throws: MessageError.wrongType("caCert")) { try Self.document(caCert: other) }
        }
        for other in ["\"x\"", "\"AAAA\"", "\"----- BEGIN\"", "\" -----BEGIN \""] {
            #expect(throws: MessageError.invalidMember("caCert")) { try Self.document(caCert: other) }
        }
    }

    @Test func services_AreTexts_AndOthersAreLeftOut() throws {
        #expect(try Self.document(services: "null").services.isEmpty)
        #expect(try Self.document(services: "[1]").services.isEmpty)
        #expect(try Self.document(services: #"{"a":"u","b":1,"c":null,"d":{}}"#).services == ["a": "u"])
    }

    @Test func furtherEndpoint_IsKept() throws {
        let pake = Self.endpoints.replacingFirst("{", with: #"{"postPake":"/idprov/pake","odd":"http://x/","n":1,"#)
        let directory = try Self.document(endpoints: pake, caCert: "\"\(Base64.encode(Array(Self.pem.utf8)))\"")
        #expect(directory.endpoints.additional == ["postPake": "/idprov/pake", "odd": "http://x/"])
        let resolved = try directory.resolved(fetchedFrom: Self.url, pinned: false)
        #expect(resolved.additional == ["postPake": "https://10.0.0.1:43776/idprov/pake"])
    }

    private static let foreign: [(reference: String, whenPinned: String?)] = [
        ("https://10.0.0.2/p", "https://10.0.0.2/p"), ("https://10.0.0.1:1/p", "https://10.0.0.1:1/p"),
        ("http://10.0.0.1/p", nil), ("mqtts://10.0.0.1/p", nil), ("https://", nil), ("/p q", nil),
        ("p", "https://10.0.0.1:43776/p"),
    ]

    @Test func strangersPointer_IsFollowedOnlyWithAPinnedCA() throws {
        for (reference, expected) in Self.foreign {
            let endpoints = Self.endpoints.replacingFirst("\"/p\"", with: "\"\(reference)\"")
            let directory = try Self.document(
                endpoints: endpoints, caCert: "\"\(Base64.encode(Array(Self.pem.utf8)))\"")
            let pinned = try? directory.resolved(fetchedFrom: Self.url, pinned: true).postProvisionRequest
            #expect(pinned == expected, "\(reference)")
            let isOurs = expected?.utf8.starts(with: "https://10.0.0.1:".utf8) ?? false
            let open = try? directory.resolved(fetchedFrom: Self.url, pinned: false).postProvisionRequest
            #expect(open == (isOurs ? expected : nil), "\(reference)")
        }
    }

    @Test func statusTemplate_IsReadWithEncodedBraces() throws {
        for template in ["/s/{deviceID}", "/s/%7BdeviceID%7D"] {
            let endpoints = Self.endpoints.replacingFirst("/s/{deviceID}", with: template)
            let resolved = try Self.document(endpoints: endpoints).resolved(fetchedFrom: Self.url, pinned: true)
            #expect(resolved.status == "https://10.0.0.1:43776/s/{deviceID}")
            #expect(resolved.status(of: "AA:BB c/é") == "https://10.0.0.1:43776/s/AA%3ABB%20c%2F%C3%A9")
        }
        let fixed = Self.endpoints.replacingFirst("/s/{deviceID}", with: "/s")
        let resolved = try Self.document(endpoints: fixed).resolved(fetchedFrom: Self.url, pinned: true)
        #expect(resolved.status(of: "d") == "https://10.0.0.1:43776/s")
    }

    @Test func equalDirectories_AreEqualBytes() {
        let names = (0..<20).map { "name-\($0)" }
        let one = Directory(
            endpoints: .init(additional: Dictionary(uniqueKeysWithValues: names.map { ($0, "/") })), caCert: nil,
            services: Dictionary(uniqueKeysWithValues: names.map { ($0, "u") }))
        let other = Directory(
            endpoints: .init(additional: Dictionary(uniqueKeysWithValues: names.reversed().map { ($0, "/") })),
            caCert: nil, services: Dictionary(uniqueKeysWithValues: names.reversed().map { ($0, "u") }))
        #expect(one.encoded() == other.encoded())
    }

    @Test func documentCutAnywhere_IsRefused() {
        for cut in Damage.beginnings(of: Directory(caCert: Self.pem, services: ["a": "b"]).encoded()) {
            #expect(throws: MessageError.self) { try Directory(parsing: cut) }
        }
    }
}
