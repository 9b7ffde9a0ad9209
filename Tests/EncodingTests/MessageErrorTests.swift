import Encoding
import Testing

/// What an error may say: numbers and names that we know, never a text of the peer.
@Suite struct MessageErrorTests {
    @Test(arguments: [
        (MessageError.tooLarge(limit: 65_536), "message larger than 65536 bytes"),
        (.tooDeep(limit: 16), "message nested deeper than 16 levels"),
        (.tooManyValues(limit: 1024), "message with more than 1024 values"),
        (.notJSON(offset: 7), "not JSON at byte 7"),
        (.numberTooLarge(offset: 7), "the number at byte 7 is larger than a double holds"),
        (.notMessagePack(offset: 0), "not MessagePack at byte 0"), (.notAnObject, "not a JSON object"),
        (.missingMember("id"), "member id is missing or empty"), (.wrongType("id"), "member id has the wrong type"),
        (.duplicateMember("id"), "member id occurs twice"),
        (.invalidMember("id"), "member id has a value that is not allowed"),
        (.unsupportedVersion, "directory of an unknown major version"),
        (.foreignEndpoint("est"), "endpoint est leads to another host or is not https"),
        (.notALocation, "neither a path nor an https URL"),
    ])
    func error_IsOneLineForALog(error: MessageError, description: String) {
        #expect(error.description == description && "\(error)" == description)
    }

    /// Whatever a document says, its words do not come back in the error.
    @Test(arguments: [
        #"{"hunter2":1,"hunter2":2}"#, #"{"hunter2""#, #"["hunter2" "hunter2"]"#, #"{"a":hunter2}"#, #"["hunter2\x"]"#,
    ])
    func wordsOfTheDocument_AreNotRepeated(text: String) {
        let error = #expect(throws: MessageError.self) { try JSONValue(parsing: Array(text.utf8)) }
        #expect(error?.description.contains("hunter2") == false)
    }

    private struct Refusal: DomainError {
        let kind = ErrorKind.conflict
        let message = "it is there already"
    }

    @Test func refusal_SaysNothingAboutWaitingByItself() {
        #expect(Refusal().retryAfterSeconds == nil)
        #expect(Set(ErrorKind.allCases.map(\.rawValue)).count == ErrorKind.allCases.count)
    }
}
