import PKI
import Testing

@Suite struct TokenURITests {
    @Test func keyModuleAndPINFile_AreTakenApart() throws {
        let uri = try TokenURI(
            "pkcs11:object=ca;token=My%20site?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin%201")
        #expect(uri.description == "pkcs11:token=My%20site;object=ca;type=private")
        #expect(uri.modulePath == "/usr/lib/softhsm/libsofthsm2.so")
        #expect(uri.pinFile == "/run/pin 1")
    }

    @Test(arguments: [
        "pkcs11:token=a;id=%01", "PKCS11:token=a;object=b", "pkcs11:serial=1;object=b;type=private",
        "pkcs11:token=a;object=b?pin-source=/pin", "pkcs11:token=a;object=b;manufacturer=m;model=n",
    ])
    func usableURI_IsRead(text: String) throws {
        #expect(TokenURI.hasScheme(text))
        #expect(try TokenURI(TokenURI(text).description).description == TokenURI(text).description)
    }

    /// The key has one name, however its URI is written: keys that are open already are found by it.
    @Test(arguments: [
        "pkcs11:token=a;object=b;id=%01", "pkcs11:id=%01;object=b;token=a",
        "PKCS11:object=b;id=%01;type=private;token=a",
        "pkcs11:token=a;object=b;id=%01?module-path=/m.so", "pkcs11:token=a;;object=b;id=%01;",
        "pkcs11:token=a;object=b;id=%01?pin-source=/pin&module-path=/m.so",
    ])
    func order_DoesNotMatter(text: String) throws {
        #expect(try TokenURI(text).description == "pkcs11:token=a;object=b;id=%01;type=private")
    }

    @Test(arguments: [
        ("/run/pin", "/run/pin"), ("file:/run/pin", "/run/pin"), ("file:///run/pin", "///run/pin"),
        ("/run/%C3%A9", "/run/é"), ("%2Frun/pin", "/run/pin"), ("/a%26b", "/a&b"), ("/a=b", "/a=b"),
    ])
    func pinFile_IsAnAbsolutePath(source: String, path: String) throws {
        let uri = try TokenURI("pkcs11:token=a;object=b?pin-source=\(source)")
        #expect(uri.pinFile == path && uri.modulePath == nil && !uri.description.contains("?"))
    }

    @Test func length_IsLimited() throws {
        let start = "pkcs11:token=a;object="
        let most = start + String(repeating: "b", count: 1024 - start.utf8.count)
        #expect(try TokenURI(most).description == most + ";type=private")
        #expect(throws: PKIError.self) { try TokenURI(most + "b") }
    }

    @Test(arguments: [
        ("pkcs11:", true), ("PKCS11:x", true), ("pkcs11", false), ("pkcs12:x", false), (" pkcs11:x", false),
        ("", false),
        ("/pkcs11:", false),
    ])
    func scheme_IsKnownInAnyCase(text: String, isScheme: Bool) {
        #expect(TokenURI.hasScheme(text) == isScheme)
    }

    /// No value of a refused URI comes back in the error.
    @Test(arguments: [
        "", "pkcs11:", "file:/x", "pkcs11:token=4711", "pkcs11:object=4711", "pkcs11:token=;object=4711",
        "pkcs11:token=a;object=b;type=cert", "pkcs11:token=a;object=b;pin-value=4711",
        "pkcs11:token=a;object=b?pin-value=4711", "pkcs11:token=a;object=b?pin-source=4711",
        "pkcs11:token=a;object=b?pin-source=%7C/4711", "pkcs11:token=a;object=b?module-path=4711.so",
        "pkcs11:token=a;object=b?module-name=4711", "pkcs11:token=a;token=4711;object=b",
        "pkcs11:token=a%;object=b", "pkcs11:token=a%4;object=b", "pkcs11:token=a%zz;object=b",
        "pkcs11:token=a%00;object=b", "pkcs11:token=a b;object=c", "pkcs11:token=ä;object=b",
        "pkcs11:token=a;object=b;slot-id=4711", "pkcs11:token=a;object=" + String(repeating: "4711", count: 300),
        "pkcs11:token=a;object=b?pin-source=file:/x&pin-source=file:/4711",
    ])
    func anyOtherURI_IsRefusedWithoutRepeatingIt(text: String) {
        let error = #expect(throws: PKIError.self) { try TokenURI(text) }
        #expect(error?.step == .tokenURI)
        #expect(error?.description.contains("4711") == false)
    }
}
