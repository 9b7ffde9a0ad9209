import PKI
import Testing

@Suite struct HostNameTests {
    @Test(arguments: [
        ("hub.example", "hub.example"), ("Hub.Example.", "Hub.Example"), ("a-b.c1", "a-b.c1"),
        ("1.example", "1.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
    ])
    func goodName_LosesTheDotOfTheRootOnly(text: String, name: String) throws {
        #expect(try HostName.read(text) == name)
    }

    @Test func characterJoinedWithTheLastDot_IsNotDroppedWithIt() {
        #expect(throws: HostNameProblem.self) { try HostName.read("hub.example\u{600}.") }
    }

    @Test(
        arguments: [
            ("m\u{FC}ller.example", HostNameProblem.international("xn--mller-kva.example")),
            ("mu\u{308}ller.example", .international("xn--mller-kva.example")),
            ("M\u{DC}LLER.Example.", .international("xn--mller-kva.example")),
            ("b\u{FC}cher.\u{4F8B}\u{5B50}", .international("xn--bcher-kva.xn--fsqu00a")),
            (
                "\u{4ED6}\u{4EEC}\u{4E3A}\u{4EC0}\u{4E48}\u{4E0D}\u{8BF4}\u{4E2D}\u{6587}.de",
                .international("xn--ihqwcrb4cv8a8dqg056pqjye.de")
            ),
            ("\u{FC} .example", .international(nil)), ("hub", .single), ("hub.", .single), ("", .length),
            ("bro ker", .character), ("2001:db8::1::2", .character), (".", .length),
            ("a..b", .length), (".a.b", .length), (String(repeating: "a", count: 64) + ".b", .length),
            ("a b.example", .character),
            ("a_b.example", .character), ("-a.example", .character), ("a-.example", .character),
            ("*.example", .character),
            ("192.0.2.300", .numeric), ("1.2", .numeric),
        ] as [(String, HostNameProblem)])
    func badName_IsToldWhatIsWrong(text: String, problem: HostNameProblem) {
        #expect(throws: problem) { try HostName.read(text) }
    }
}
