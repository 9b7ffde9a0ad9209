import Encoding
import Testing
import Wire

/// docs/protocols/device-link.md 6.4 and 11.3: location, log lines, identities and interfaces.
@Suite struct FindingTests {
    private static func json(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), limits: JSONLimits(bytes: 1 << 20, values: 65536))
    }

    private static let places: [(payload: String, report: GeoReport?)] = [
        (
            #"{"latitude":12.5,"longitude":41.25,"source":"fixed","accuracy":10}"#,
            .location(GeoLocation(latitude: 12.5, longitude: 41.25, source: "fixed", accuracy: 10))
        ),
        (#"{"error_code":"HTTP_ERROR","error_description":".."}"#, .failed(code: "HTTP_ERROR", reason: "..")),
        (#"{"error_code":"E"}"#, .failed(code: "E", reason: "")),
        (#"{"error_code":404}"#, .failed(code: "404", reason: "")),
        (#"{"latitude":-90,"longitude":180}"#, .location(GeoLocation(latitude: -90, longitude: 180))),
        (#"{"latitude":1,"longitude":2,"accuracy":-1}"#, .location(GeoLocation(latitude: 1, longitude: 2))),
        (#"{"latitude":90.1,"longitude":0}"#, nil), (#"{"latitude":0,"longitude":-180.5}"#, nil),
        (#"{"latitude":"12.5","longitude":41}"#, nil), (#"{"latitude":12.5}"#, nil), ("{}", nil), ("[]", nil),
        (#"{"error_code":""}"#, nil), (#"{"error_code":{}}"#, nil), ("null", nil),
    ]

    @Test func location_IsAPlaceOrAReason() throws {
        for (payload, report) in Self.places {
            #expect(GeoReport(try Self.json(payload)) == report, "\(payload)")
            if case .location(let place)? = report { #expect(GeoLocation(place.json) == place) }
        }
        let long = String(repeating: "r", count: 5000)
        guard
            case .failed(_, let reason) = GeoReport(
                try Self.json(#"{"error_code":"e","error_description":"\#(long)"}"#))
        else { return #expect(Bool(false)) }
        #expect(reason.utf8.count == 2048)
    }

    private static let lines: [(payload: String, lines: [LogLine])] = [
        (
            #"{"level":"info","message":"..","meta":{"time":"1795218638432572"}}"#,
            [LogLine(level: "info", message: "..", time: 1_795_218_638_432_572)]
        ),
        (
            #"{"level":"error","message":"m","timestamp":1795218638432572}"#,
            [LogLine(level: "error", message: "m", time: 1_795_218_638_432_572)]
        ),
        (
            #"{"level":"info","message":"m","timestamp":"2026-11-20T23:50:38.4325Z"}"#,
            [LogLine(level: "info", message: "m", time: 1_795_218_638_432_500)]
        ),
        (#"{"message":"m"}"#, [LogLine(level: "info", message: "m")]),
        (#"{"message":"m","timestamp":"yesterday"}"#, [LogLine(level: "info", message: "m")]),
        (#"{"message":"m","timestamp":-5}"#, [LogLine(level: "info", message: "m")]),
        (#"{"message":"m","timestamp":253402300800000000}"#, [LogLine(level: "info", message: "m")]),
        (#"{"message":"a\u0000b\nc"}"#, [LogLine(level: "info", message: "ab\nc")]),
        (
            #"{"lines":[{"level":"debug","message":"a"},{"level":"info"},7,{"message":"b"}]}"#,
            [LogLine(level: "debug", message: "a"), LogLine(level: "info", message: "b")]
        ),
        (#"{"lines":[]}"#, []), (#"{"lines":7}"#, []), (#"{"level":"info"}"#, []), (#"{"message":7}"#, []), ("[]", []),
    ]

    @Test func logLines_ComeInBothForms() throws {
        for (payload, lines) in Self.lines { #expect(LogLine.lines(try Self.json(payload)) == lines, "\(payload)") }
    }

    @Test func logLines_AreBounded() throws {
        let line =
            #"{"level":"\#(String(repeating: "l", count: 99))","message":"\#(String(repeating: "m", count: 5000))"}"#
        let lines = LogLine.lines(
            try Self.json(#"{"lines":[\#(Array(repeating: line, count: 150).joined(separator: ","))]}"#))
        #expect(lines.count == 100)
        #expect(lines.allSatisfy { $0.message.utf8.count == 1024 && $0.level.utf8.count == 32 })
    }

    @Test func identities_OfTheProtocol_AreRead() throws {
        let payload = try Self.json(
            #"{"identities":[{"service":"wireguard","identifier":"pubkey0","instance":"wg0","#
                + #""details":{"ip":"10.0.0.2"}}]}"#
        )
        let identities = try #require(NetworkIdentity.identities(payload))
        #expect(
            identities == [
                NetworkIdentity(
                    service: "wireguard", identifier: "pubkey0", instance: "wg0",
                    details: .object([.init("ip", .string("10.0.0.2"))]))
            ])
        #expect(NetworkIdentity(identities[0].json) == identities[0])
    }

    private static let identities: [(element: String, isTaken: Bool)] = [
        (#"{"service":"iroh","identifier":"x"}"#, true), (#"{"service":"iroh"}"#, false),
        (#"{"identifier":"x"}"#, false),
        (#"{"service":"","identifier":"x"}"#, false), (#"{"service":1,"identifier":"x"}"#, false), ("7", false),
        (#"{"service":"other","identifier":"x","instance":7,"details":[1]}"#, true),
    ]

    @Test func identity_NeedsServiceAndIdentifier() throws {
        for (element, isTaken) in Self.identities {
            let found = NetworkIdentity.identities(try Self.json(#"{"identities":[\#(element)]}"#))
            #expect(found?.count == (isTaken ? 1 : 0), "\(element)")
            #expect(found?.first.map { $0.details == .object([]) } ?? true)
        }
        for text in ["{}", #"{"identities":{}}"#, "[]"] {
            #expect(NetworkIdentity.identities(try Self.json(text)) == nil)
        }
    }

    @Test func identities_AreTenWithFourKibibytesOfDetails() throws {
        func element(_ size: Int) -> String {
            #"{"service":"netbird","identifier":"x","details":{"a":"\#(String(repeating: "d", count: size))"}}"#
        }
        let many = Array(repeating: element(4096 - 8), count: 12).joined(separator: ",")
        let found = NetworkIdentity.identities(try Self.json(#"{"identities":[\#(many)]}"#))
        #expect(found?.count == 10)
        #expect(found?.allSatisfy { $0.details.encoded().count == 4096 } == true)
        let larger = NetworkIdentity.identities(try Self.json(#"{"identities":[\#(element(4096 - 7))]}"#))
        #expect(larger?.first?.details == .object([]))
    }

    @Test(
        arguments: [
            ("wlan0", .wifi), ("eth0", .ethernet), ("enp3s0", .ethernet), ("end0", .ethernet), ("wwan0", .cellular),
            ("lo", .unknown), ("usb0", .unknown), ("WLAN0", .unknown),
        ] as [(String, LinkInterface.Kind)])
    func interface_IsClassifiedByItsName(name: String, kind: LinkInterface.Kind) throws {
        let interface = try #require(LinkInterface(try Self.json(#"{"interface":"\#(name)"}"#)))
        #expect(interface.name == name && interface.kind == kind)
    }

    @Test func interfacesThatAreNone_AreIgnored() throws {
        let texts = [
            "{}", #"{"interface":""}"#, #"{"interface":7}"#, #"{"interface":"a\u0000"}"#, "[]",
            #"{"interface":"\#(String(repeating: "w", count: 129))"}"#,
        ]
        for text in texts { #expect(LinkInterface(try Self.json(text)) == nil) }
        #expect(LinkInterface.types(try Self.json(#"{"values":["wifi",7,"","ethernet"]}"#)) == ["wifi", "ethernet"])
        #expect(LinkInterface.types(try Self.json(#"{"values":"wifi"}"#)) == nil)
    }

    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "abc"), ("éé", 3, "é"), ("🔑", 3, ""), ("", 3, ""), ("a\u{0}b", 9, "ab"),
        ("e\u{301}", 1, "e"),
    ]) func text_IsCutBetweenCharacters(text: String, limit: Int, kept: String) {
        #expect(KeptText.of(text, limit: limit).utf8.elementsEqual(kept.utf8))
    }
}
