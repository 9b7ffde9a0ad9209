internal import Encoding
import Foundation
import Testing

@testable import Wire

@Suite struct IDProvDirectoryTests {
    static let directories = (try? Vectors.load("directory", as: Vectors.Directories.self))?.cases ?? []
    static let txt = (try? Vectors.load("txt", as: Vectors.TXT.self))?.cases ?? []
    static let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    @Test func vectors_AreThere() {
        #expect(Self.directories.count == 8)
        #expect(Self.txt.count == 10)
    }

    @Test(arguments: directories) func document_IsResolvedOrRefusedAsListed(_ vector: Vectors.Directories.Case) throws {
        let body = Array(vector.rawBody.utf8)
        guard vector.valid else {
            #expect(throws: MessageError.self) {
                try Directory(parsing: body).resolved(fetchedFrom: vector.fetchedFrom, pinned: false)
            }
            return
        }
        let resolved = try Directory(parsing: body).resolved(fetchedFrom: vector.fetchedFrom, pinned: false)
        #expect(resolved.caCert == vector.caCertPEM)
        #expect(resolved.services == vector.services)
        #expect(resolved.directory == vector.endpoints?.directory)
        #expect(resolved.status == vector.endpoints?.status)
        #expect(resolved.postOobSecret == vector.endpoints?.postOobSecret)
        #expect(resolved.postProvisionRequest == vector.endpoints?.postProvisionRequest)
    }

    @Test func documentWithoutCA_IsUsableOncePinned() throws {
        let body = Directory(caCert: nil).encoded()
        let directory = try Directory(parsing: body)
        #expect(throws: MessageError.missingMember("caCert")) {
            try directory.resolved(fetchedFrom: "https://10.0.0.1/idprov/directory", pinned: false)
        }
        #expect(try directory.resolved(fetchedFrom: "https://10.0.0.1/idprov/directory", pinned: true).caCert == nil)
    }

    @Test func encodedDocument_IsWhatDeployedClientsRead() throws {
        let directory = Directory(caCert: Self.pem, services: ["mqtts": "mqtts://hub.local:8883", "est": "https://h/"])
        let base64 = Data(Self.pem.utf8).base64EncodedString()
        #expect(
            String(decoding: directory.encoded(), as: UTF8.self)
                == #"{"endpoints":{"directory":"/idprov/directory","status":"/idprov/status/{deviceID}","#
                + #""postOobSecret":"/idprov/oobsecret","postProvisionRequest":"/idprov/provreq"},"#
                + #""caCert":"\#(base64)","version":"1","#
                + #""services":{"est":"https://h/","mqtts":"mqtts://hub.local:8883"}}"#
        )
        #expect(try Directory(parsing: directory.encoded()) == directory)
    }

    @Test func statusURL_EncodesTheDeviceID() throws {
        let resolved = try Directory(caCert: Self.pem).resolved(
            fetchedFrom: "https://[fe80::1%eth0]:8880/x", pinned: false)
        #expect(resolved.status(of: "a/é") == "https://[fe80::1%eth0]:8880/idprov/status/a%2F%C3%A9")
        #expect(PercentEncoding.decode("a%2F%C3%A9") == "a/é")
        #expect(PercentEncoding.decode("a%2") == nil)
        #expect(PercentEncoding.decode("%ff") == nil)
    }

    @Test(arguments: [
        "https://user@hub/x", "ftp://hub/", "https://", "https://hub:0/", "https://hub:65536/", "https://hub:x/",
        "https://[::1/", "https://hub/a b", "https://hub/a\r\nX: y", "https://hub/#x", "//other/x",
    ]) func badURL_IsRefused(_ url: String) {
        #expect(throws: MessageError.notALocation) { try HTTPSLocation(parsing: url) }
    }

    @Test(arguments: [
        ("hub.local", "hub.local", 43776), ("10.0.0.1:8880", "10.0.0.1", 8880), ("fe80::1%eth0", "fe80::1%eth0", 43776),
        ("[::1]:99", "::1", 99), ("[::1]", "::1", 43776),
    ]) func hubAddress_IsReadAsPeopleTypeIt(_ text: String, _ host: String, _ port: Int) throws {
        let location = try HTTPSLocation(authority: text, defaultPort: IDProv.defaultPort, path: "/")
        #expect(location.host == host && location.port == port)
    }

    @Test(arguments: txt) func txtStrings_GiveThePath(_ vector: Vectors.TXT.Case) throws {
        if let path = vector.path {
            #expect(try TXTRecord.directoryPath(vector.txt) == path)
        } else {
            #expect(throws: MessageError.notALocation) { try TXTRecord.directoryPath(vector.txt) }
        }
    }

    @Test(arguments: ["path=/a b", "path=/a\r\nHost: x", "path=/\u{e9}", "directory=http://x/"])
    func txtPath_ThatCannotStandInARequestLineIsRefused(_ string: String) {
        #expect(throws: MessageError.notALocation) { try TXTRecord.directoryPath([string]) }
    }

    @Test func publishedStrings_AreReadBack() throws {
        #expect(try TXTRecord.directoryPath(TXTRecord.strings(path: "/x/y")) == "/x/y")
        #expect(
            TXTRecord.strings() == ["txtvers=1", "path=/idprov/directory", "directory=/idprov/directory", "pake=1"])
    }
}
