import BaseTestSupport
internal import Encoding
import Testing

@testable import Wire

/// What a device takes for the address of a hub, and how it writes it.
@Suite struct HTTPSLocationTests {
    private static let written: [(given: String, url: String)] = [
        ("https://hub", "https://hub/"), ("https://hub:443/x", "https://hub/x"), ("HTTPS://Hub/x", "https://Hub/x"),
        ("https://hub?x=1", "https://hub/?x=1"), ("https://hub:1/", "https://hub:1/"),
        ("https://hub:65535/a?b=/c", "https://hub:65535/a?b=/c"), ("https://[::1]", "https://[::1]/"),
        ("https://[fe80::1%eth0]:99/x", "https://[fe80::1%eth0]:99/x"), ("https://hub:00080/", "https://hub:80/"),
    ]

    @Test func url_IsWrittenWithWhatItNeeds() throws {
        for (given, url) in Self.written {
            let location = try HTTPSLocation(parsing: given)
            #expect(location.url == url)
            #expect(try HTTPSLocation(parsing: location.url) == location)
        }
    }

    @Test(arguments: [
        "", "https:/hub/", "http://hub/", "https://:443/", "https://hub:/", "https://hub:-1/", "https://hub:+1/",
        "https://hub:000443/", "https://hub:44 3/", "https://[::1]443/", "https://[]/", "https://h\u{E9}/",
        "https://h\u{0}/", "https://hub/\u{7F}", "https://hub/\u{20}", "https://hub/é", "https://a@hub/",
    ]) func whatIsNoAddress_IsRefused(url: String) {
        #expect(throws: MessageError.notALocation) { try HTTPSLocation(parsing: url) }
    }

    @Test func lengths_AreBounded() throws {
        let host = String(repeating: "h", count: 255)
        #expect(try HTTPSLocation(parsing: "https://\(host)/").host == host)
        #expect(throws: MessageError.notALocation) { try HTTPSLocation(parsing: "https://\(host)h/") }
        let path = "/" + String(repeating: "p", count: 1023)
        #expect(try HTTPSLocation(parsing: "https://hub\(path)").path == path)
        #expect(throws: MessageError.notALocation) { try HTTPSLocation(parsing: "https://hub\(path)p") }
        #expect(throws: MessageError.notALocation) {
            try HTTPSLocation(parsing: "https://hub/" + String(repeating: "p", count: 2037))
        }
    }

    @Test func reference_StaysOnTheHostUnlessItNamesOne() throws {
        let base = try HTTPSLocation(parsing: "https://Hub.local:8443/idprov/directory")
        #expect(try base.resolving("/x?y").url == "https://Hub.local:8443/x?y")
        let other = try base.resolving("https://hub.LOCAL/x")
        #expect(other.url == "https://hub.LOCAL/x" && other.isSameHost(as: base))
        #expect(try !base.resolving("https://hub.local.evil/").isSameHost(as: base))
        for bad in ["x", "", "http://hub.local/", "/a b", "/a#b", "/\r\nX: y"] {
            #expect(throws: MessageError.notALocation, "\(bad)") { try base.resolving(bad) }
        }
    }

    /// A letter that only lower-cases to an ASCII one is another host.
    @Test func hosts_AreTheSameUpToTheCaseOfASCII() {
        func at(_ host: String) -> HTTPSLocation { HTTPSLocation(host: host, port: 1, path: "/") }
        #expect(at("LOCK").isSameHost(as: at("lock")) && !at("loc\u{212A}").isSameHost(as: at("lock")))
        #expect(!at("[a").isSameHost(as: at("{a")) && !at("@a").isSameHost(as: at("`a")))
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func location_IsReadAsItWasWritten(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let letters = (0x21...0x7E).map { Character(Unicode.Scalar($0 as UInt8)) }.filter { $0 != "#" }
        for _ in 0..<500 {
            let host = generator.pick(["hub", "10.0.0.1", "::1", "fe80::1%eth0", "a-b_c.d"])
            let path =
                "/" + String((0..<Int.random(in: 0...40, using: &generator)).map { _ in generator.pick(letters) })
            let port = Int.random(in: 1...65535, using: &generator)
            let location = HTTPSLocation(host: host, port: port, path: path)
            #expect(try HTTPSLocation(parsing: location.url) == location)
        }
    }

    /// Whatever is taken can stand in a request line: no byte of it ends the line or begins another.
    @Test func damagedURL_NeverReachesARequestLine() {
        let url = Array("https://[fe80::1%eth0]:8443/idprov/status?a=b".utf8)
        for damaged in Damage.flips(of: url, masks: [0x01, 0x10, 0x20, 0x40, 0x60, 0x80]) {
            guard let read = try? HTTPSLocation(parsing: String(decoding: damaged, as: UTF8.self)) else { continue }
            #expect(read.url.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "\(read.url)")
            #expect((1...65535).contains(read.port) && read.path.utf8.first == UInt8(ascii: "/"))
        }
    }
}
