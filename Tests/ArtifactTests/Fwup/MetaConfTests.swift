import BaseTestSupport
import Testing

@testable import Artifact

/// The grammar of `meta.conf` (docs/protocols/device-link.md 18.2), and what a hub refuses of it.
@Suite struct MetaConfTests {
    private static func read(_ text: String) throws(FirmwareError) -> MetaConf { try MetaConf(Array(text.utf8)) }

    @Test(
        arguments: [
            ("meta-product=p", "p"), ("meta-product = 'a b'", "a b"), (#"meta-product="a\"b\\c""#, #"a"b\c"#),
            (#"meta-product="\x41\102\tx\q""#, "AB\txq"), ("meta-product=\"a\\\nb\"", "ab"),
            ("meta-product='a\\\nb'", "ab"), ("# c\nmeta-product=p // d\n/* e\n* / */", "p"),
            ("meta-product=a/b", "a/b"), (#"meta-product="\${X}""#, "${X}"), ("meta-product='${X}'", "${X}"),
            ("meta-product=\"\"", nil), ("meta-other=1\nmeta-product=p", "p"), ("other={1,2}\nmeta-product=p", "p"),
            (#"meta-product="\xc3\xa9""#, "é"), ("task \"t\" { funlist={1,\"${X}\"} }\nmeta-product=p", "p"),
            ("mbr m { partition \"0\" { a=1 } }\nmeta-product=p", "p"), ("task \"t\" {\n}\nmeta-product=p", "p"),
        ] as [(String, String?)])
    func value_IsRead(text: String, value: String?) throws {
        #expect(try Self.read(text).values["meta-product"] == value)
    }

    @Test(arguments: [
        "meta-product", "meta-product=", "meta-product={", "meta-product={a,}", "meta-product={a b}", "=", "{", "}",
        "meta-product=\"a", "meta-product='a", "meta-product='\\n'", "meta-product=a\\b", "/* a", "a b c",
        "include(\"/etc/passwd\")", "define(A, b)", "task \"t\" { define(A, b) }", "meta-product=\"${X}\"",
        "meta-product=${X}", "task \"${X}\" { }", "file-resource \"${X}\" { }", "meta-product={a}",
        "meta-uuid=a", "meta-nickname=a", "meta-product=a\nmeta-product=a", "other \"x\" { }", "other { }",
        "file-resource { }", "file-resource \"a\" { task \"b\" { } }", #"meta-product="\xff""#, #"meta-product="\0""#,
        #"meta-product="\777""#, #"meta-product="\x""#, "meta-product+=a", "meta-product a", "task \"t\" {", "+", "*",
        "\"meta-product\"=a", "a(", "a=(", "meta-product=a,b", "meta-product=\"a", "task \"t\" { \"a\"=1 }",
        "file-resource \"a\" { }\nfile-resource \"a\" { }", "file-resource \"x\" { }\nfile-resource \"/data/x\" { }",
    ])
    func brokenText_IsRefused(_ text: String) {
        #expect(throws: FirmwareError.self) { try Self.read(text) }
    }

    @Test func deepSections_AreRefused() {
        func nested(_ depth: Int) -> String {
            "task \"t\" " + String(repeating: "{ a ", count: depth) + "{ }" + String(repeating: "}", count: depth)
        }
        #expect(throws: Never.self) { try Self.read(nested(7)) }
        #expect(throws: FirmwareError.self) { try Self.read(nested(8)) }
        #expect(throws: FirmwareError.self) { try Self.read(nested(10_000)) }
    }

    @Test(
        arguments: [
            ("5", [5]), ("{5}", [5]), ("{0,8192}", [0, 8192]), ("\"5\"", [5]), ("{}", [0]), ("0", [0]),
            ("1099511627776", [1 << 40]), ("1099511627777", nil), ("{1099511627776,1}", nil), ("-1", nil), ("+1", nil),
            ("0x10", nil), ("010", nil), ("{1,-1}", nil), ("99999999999999999999", nil), ("\" 5\"", nil), ("a", nil),
            ("{" + repeatElement("0", count: 256).joined(separator: ",") + "}", [Int64](repeating: 0, count: 256)),
            ("{" + repeatElement("0", count: 257).joined(separator: ",") + "}", nil),
        ] as [(String, [Int64]?)])
    func length_IsReadOrRefused(text: String, lengths: [Int64]?) throws {
        let hash = String(repeating: "a", count: 64)
        let conf = "file-resource \"r\" {\nlength=\(text)\nblake2b-256=\(hash)\n}\n"
        guard let lengths else {
            #expect(throws: FirmwareError.self) { try Self.read(conf) }
            return
        }
        let resource = try #require(try Self.read(conf).resources.first)
        #expect(resource.lengths == lengths && resource.hash == [UInt8](repeating: 0xAA, count: 32))
        #expect(resource.memberName == "data/r")
    }

    @Test(arguments: ["aa", String(repeating: "A", count: 64), String(repeating: "g", count: 64), "{}", "{aa,aa}"])
    func otherHash_IsRefused(_ text: String) {
        #expect(throws: FirmwareError.self) { try Self.read("file-resource \"r\" { blake2b-256=\(text) }") }
    }

    /// Whatever comes, it is a value or an error.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func anyText_NeverTraps(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let whole = try FwupVectors.bytes("stored.fw")
        let parts = [
            "meta-product", "=", "+=", "{", "}", "(", ",", "\"", "'", "\\", "\n", "task", "file-resource", "length",
            "/*", "*/", "//", "#", "${", "\\x", "\\7", "é", " ",
        ]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in random.pick(parts) }.joined()
            _ = try? Self.read(text)
            var bytes = whole
            for _ in 0..<4 {
                bytes[Int.random(in: bytes.indices, using: &random)] = random.pick([0, 1, 0x22, 0x7B, 0xFF])
            }
            _ = try? FirmwareReader.check(FirmwareSource(bytes: bytes), trust: .anybody)
        }
    }
}
