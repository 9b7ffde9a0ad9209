import Testing

@testable import AdminCLI

/// What a label says of IDs that strangers chose.
@Suite struct LabelTests {
    /// A combining character or a joiner makes one `Character` with what stands before it, and no other mark-up.
    @Test(arguments: [
        ("<\u{200D}x onfocus='alert(1)'/>", "&lt;?x onfocus=&apos;alert(1)&apos;/&gt;"),
        ("&\u{301}amp;", "&amp;\u{301}amp;"), ("\"\u{FE0F}>\u{301}", "&quot;?&gt;\u{301}"),
        ("a\u{202E}b\u{9B}c\u{2028}d\u{FFFE}e", "a?b?c?d?e"), ("lamp-1 é 日本", "lamp-1 é 日本"),
    ])
    func text_IsNoMarkUp(id: String, shown: String) throws {
        #expect(Array(SVGLabels.text(id).utf8) == Array(shown.utf8))
    }

    @Test func label_HasNoElementOfAStrangers() throws {
        for mark in ["\u{200D}", "\u{301}", "\u{FE0F}", "\u{E0100}", ""] {
            let code = try #require(QRCode("x"))
            let drawing = SVGLabels.single(Label(deviceID: "<\(mark)script>alert(1)</\(mark)script>", code: code))
            let opened = drawing.unicodeScalars.count { $0 == "<" }
            #expect(opened == SVGLabels.single(Label(deviceID: "plain", code: code)).unicodeScalars.count { $0 == "<" })
        }
    }
}
