import Testing

@testable import MenderServer

/// Forms as they come over the network: in any parts, and from anybody.
@Suite struct MultipartFormTests {
    /// Events with the parts of a content joined: where they were cut does not matter.
    private static func joined(_ events: [MultipartForm.Event]) -> [MultipartForm.Event] {
        var joined: [MultipartForm.Event] = []
        for event in events {
            if case .content(let more) = event, case .content(let before)? = joined.last {
                joined[joined.count - 1] = .content(before + more)
            } else {
                joined.append(event)
            }
        }
        return joined
    }

    private static func read(
        _ body: [UInt8], boundary: String = "b", cutAt cuts: [Int] = []
    ) throws -> [MultipartForm.Event] {
        var form = MultipartForm(boundary: boundary)
        var events: [MultipartForm.Event] = []
        var start = 0
        for cut in cuts + [body.count] {
            events += try form.feed(body[start..<cut])
            start = cut
        }
        return joined(events)
    }

    private static func text(_ text: String) -> MultipartForm.Event { .content(Array(text.utf8)) }

    private static let body = Array(
        """
        preamble --b\r\n--b\r\nContent-Disposition: form-data; name="one"\r\n\r\n\r\n--b \t\r\n\
        content-disposition:form-data;name=two\r\nX-Other: 1\r\n\r\n--Bad\r\n--\r\n-\r\n--b\r\n\
        Content-Type: text/plain\r\nContent-Disposition: form-data; filename="; name=x"; name="th;r\\"ee"\r\n\r\n\
        \r\n\r\n\r\n--b--\r\nepilogue --b
        """.utf8)

    private static let events: [MultipartForm.Event] = [
        .part(name: "one"), .partEnd, .part(name: "two"), text("--Bad\r\n--\r\n-"), .partEnd,
        .part(name: #"th;r"ee"#), text("\r\n\r\n"), .partEnd, .end,
    ]

    @Test func everySplitInTwo_GivesTheSameEvents() throws {
        #expect(try Self.read(Self.body) == Self.events)
        for cut in 0...Self.body.count { #expect(try Self.read(Self.body, cutAt: [cut]) == Self.events, "\(cut)") }
        #expect(try Self.read(Self.body, cutAt: Array(0..<Self.body.count)) == Self.events)
        for step in 2..<40 {
            let cuts = Array(stride(from: 0, to: Self.body.count, by: step))
            #expect(try Self.read(Self.body, cutAt: cuts) == Self.events, "\(step)")
        }
    }

    @Test func everyBeginning_IsNoCompleteForm() throws {
        let end = Self.body.count - "\r\nepilogue --b".utf8.count
        for count in 0..<end {
            var form = MultipartForm(boundary: "b")
            _ = try form.feed(Self.body.prefix(count))
            #expect(!form.isComplete, "\(count)")
        }
        var form = MultipartForm(boundary: "b")
        _ = try form.feed(Self.body.prefix(end))
        #expect(form.isComplete)
    }

    @Test(arguments: [
        "--bx", "--b\rx", "--b-x\r\n", "--b\r\n\r\n\r\n", "--b\r\nContent-Disposition: form-data\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n", "--b\r\nContent-Type: text/plain\r\n\r\n",
        "--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--bx",
        "--b" + String(repeating: " ", count: 65),
    ])
    func whatIsNoForm_IsRefused(_ body: String) {
        #expect(throws: MultipartForm.Failure.notAForm) { try Self.read(Array((body + "\r\n\r\n").utf8)) }
    }

    @Test func headerAndParts_HaveLimits() throws {
        func part(_ padding: Int) -> [UInt8] {
            let header = "Content-Disposition: form-data; name=\"a\"\r\nX: "
            return Array(("--b\r\n" + header + String(repeating: "x", count: padding - header.utf8.count)).utf8)
                + Array("\r\n\r\n".utf8)
        }
        #expect(try Self.read(part(8192)) == [.part(name: "a")])
        #expect(throws: MultipartForm.Failure.headerTooLong) { try Self.read(part(8193)) }
        #expect(throws: MultipartForm.Failure.headerTooLong) {
            try Self.read(Array(("--b\r\n" + String(repeating: "x", count: 9000)).utf8))
        }
        let one = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n"
        #expect(try Self.read(Array(String(repeating: one, count: 64).utf8)).count == 64 * 2 - 1)
        #expect(throws: MultipartForm.Failure.tooManyParts) {
            try Self.read(Array(String(repeating: one, count: 65).utf8))
        }
    }

    @Test func endlessPreambleOrEpilogue_IsStopped() {
        let filler = [UInt8](repeating: 0x78, count: 10_000)
        func feed(_ beginning: String) throws {
            var form = MultipartForm(boundary: "b")
            _ = try form.feed(Array(beginning.utf8))
            for _ in 0..<10 { _ = try form.feed(filler) }
        }
        #expect(throws: MultipartForm.Failure.tooMuchAround) { try feed("") }
        #expect(throws: MultipartForm.Failure.tooMuchAround) { try feed("--b--") }
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"), ("multipart/form-data; boundary=\"abc\"", "abc"),
        ("Multipart/Form-Data;BOUNDARY=abc", "abc"), ("multipart/form-data ; boundary=abc ", "abc"),
        ("multipart/form-data; charset=x; boundary=\"a b;c=d\"", "a b;c=d"),
        ("multipart/form-data;\tboundary = abc", "abc"), ("multipart/form-data; boundary=\"a\\\"b\"", "a\"b"),
        ("multipart/form-data", nil), ("multipart/form-data; boundary=", nil),
        ("multipart/form-data; boundary=\"\"", nil),
        ("multipart/mixed; boundary=abc", nil), ("", nil), (";", nil), ("multipart/form-data; boundary=\"a \"", nil),
        ("multipart/form-data; boundary=" + String(repeating: "a", count: 70), String(repeating: "a", count: 70)),
        ("multipart/form-data; boundary=" + String(repeating: "a", count: 71), nil),
        ("multipart/form-data; boundary=ä", nil),
        ("multipart/form-data; boundary=a; x=" + String(repeating: "a", count: 600), nil),
    ])
    func boundary_IsReadInEveryForm(_ field: String, _ boundary: String?) {
        #expect(MultipartForm.boundary(field) == boundary)
    }

    @Test func noContentType_IsNoForm() {
        #expect(MultipartForm.boundary(nil) == nil)
    }
}
