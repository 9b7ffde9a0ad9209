internal import Devices
import Encoding
import ErrorSamples
import HTTPTypes
import HubHTTP
internal import Journal
internal import People
import Testing

@testable import ESTServer
@testable import IDProvServer
@testable import MenderServer

/// Each protocol says by itself what an error of the hub's rooms is: all of them, without the admin API.
@Suite struct ErrorMappingTests {
    @Test(arguments: Sample.all) func hubsOwnForm_HasTheStatusOfHTTP(sample: Sample) async throws {
        let answer = try await ErrorRoute.answer(HubErrorForm(), to: sample.error)
        #expect(answer.status == sample.error.kind.status)
        #expect(answer.text.contains(#""hint":"""#) && sample.isNeutral(answer), "\(answer.text)")
    }

    @Test(arguments: Sample.all) func provisioning_Knows400And403(sample: Sample) async throws {
        let expected: Int =
            switch sample.error.kind {
            case .invalid, .notFound, .conflict, .changed, .gone, .full, .unusable: 400
            case .unauthorized, .forbidden: 403
            case .tooLarge: 413
            case .tooMany: 429
            case .unavailable: 503
            case .noRoom, .fault: 500
            }
        let answer = try await ErrorRoute.answer(IDProvForm(), to: sample.error)
        #expect(answer.status.code == expected)
        #expect(answer.text.contains(#""hint":"""#) && sample.isNeutral(answer), "\(answer.text)")
    }

    @Test(arguments: Sample.all) func stockEnrolment_KnowsTheStatusesOfItsProtocol(sample: Sample) async throws {
        let expected: Int =
            switch sample.error.kind {
            case .invalid, .unusable: 400
            case .unauthorized: 401
            case .forbidden, .notFound, .conflict, .changed, .gone, .full: 403
            case .tooLarge: 413
            case .tooMany: 429
            case .unavailable, .noRoom: 503
            case .fault: 500
            }
        let answer = try await ErrorRoute.answer(ESTForm(), to: sample.error)
        #expect(answer.status.code == expected)
        #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(answer.text.count > 1 && answer.text.last == "\n" && sample.isNeutral(answer), "\(answer.text)")
        #expect((answer.headers[.retryAfter] != nil) == [429, 503].contains(expected))
        #expect((answer.headers[.wwwAuthenticate] != nil) == (expected == 401))
    }

    /// Where docs/protocols/mender.md 12 has another status than HTTP.
    private static let ofMender: [String: Int] = [
        "IdentityError.badChange": 400, "IdentityError.deviceLimit": 422, "UserTokenError.tooMany": 422,
        "PeopleError.userExists": 422, "UpdatesError.noArtifact": 422, "UpdatesError.deploymentFinished": 422,
        "UpdatesError.releaseMissing": 422, "UpdatesError.noDevices": 400, "UpdatesError.notSigned": 400,
        "UpdatesError.badArtifact": 400,
        "UpdatesError.decommissioned": 409, "LinkError.timedOut": 408, "LinkError.refused": 502,
        "LinkError.outOfTurn": 502,
    ]

    @Test(arguments: Sample.all) func updateProtocol_HasItsOwnForm(sample: Sample) async throws {
        let kind = sample.error.kind
        let common = kind == .gone || kind == .unavailable ? 409 : kind.status.code
        let answer = try await ErrorRoute.answer(MenderForm(id: "number-1"), to: sample.error)
        #expect(answer.status.code == Self.ofMender[sample.name] ?? common)
        let body = try JSONValue(parsing: Array(answer.text.utf8))
        #expect(body["error"]?.string?.isEmpty == false && body["request_id"]?.string == "number-1", "\(answer.text)")
        #expect(sample.isNeutral(answer), "\(answer.text)")
    }

    @Test func everySample_IsThereOnce() {
        #expect(Set(Sample.all.map(\.name)).count == Sample.all.count)
        #expect(Set(ErrorKind.allCases).subtracting(Sample.all.map(\.error.kind)).isEmpty)
    }

    @Test(arguments: Sample.all) func error_SaysWhatHappened_UnlessItIsAFault(sample: Sample) {
        #expect(sample.error.message.isEmpty == (sample.error.kind == .fault))
        let text = ErrorRoute.Answer(status: .ok, headers: [:], text: sample.error.message)
        #expect(sample.isNeutral(text), "\(sample.error.message)")
    }
}
