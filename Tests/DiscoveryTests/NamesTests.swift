import Testing

@testable import Discovery

@Suite struct NamesTests {
    @Test(arguments: [("idprov", "idprov #2"), ("idprov #2", "idprov #3"), ("idprov #9", "idprov #10"), ("é", "é #2")])
    func takenName_IsFollowedByTheNext(_ name: String, _ next: String) {
        #expect(AvahiConnection.nextName(after: name) == next)
    }

    @Test func longName_StaysWithinItsLimit() throws {
        let next = try #require(AvahiConnection.nextName(after: String(repeating: "é", count: 31)))
        #expect(next.utf8.count <= 63)
        #expect(next.hasSuffix(" #2"))
    }

    /// Avahi itself would end the process here.
    @Test(arguments: ["", String(repeating: "x", count: 64)])
    func invalidName_HasNoNext(_ name: String) {
        #expect(AvahiConnection.nextName(after: name) == nil)
    }

    @Test(arguments: [("_idprov._tcp", true), ("idprov", false), ("", false), ("_idprov._tcp\u{1}", true)])
    func serviceType_IsChecked(_ type: String, _ isValid: Bool) {
        #expect(AvahiConnection.isValidType(type) == isValid)
    }
}
