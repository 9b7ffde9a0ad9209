import Files
import Glibc
import HTTPTypes
import HubHTTP
import NIOCore
import Testing

@testable import ESTServer
@testable import IDProvServer
@testable import MenderServer

/// What has nothing to do with any room: bodies that are too long, faults.
@Suite struct CommonRefusalTests {
    @Test func longBody_IsSaidInTheWordsOfEachProtocol() async throws {
        let error = NIOTooManyBytesError(maxBytes: 7)
        let hub = try await ErrorRoute.answer(HubErrorForm(), to: error)
        #expect(hub.status.code == 413 && hub.text.contains(#""code":"tooLarge""#))
        let provisioning = try await ErrorRoute.answer(IDProvForm(), to: error)
        #expect(provisioning.status.code == 413 && provisioning.text.contains(#""code":"tooLarge""#))
        let stock = try await ErrorRoute.answer(ESTForm(), to: error)
        #expect(stock.status.code == 413 && stock.text == "the body is too long\n")
        let update = try await ErrorRoute.answer(MenderForm(id: "1"), to: error)
        #expect(update.status.code == 413 && update.text == #"{"error":"the body is too long","request_id":"1"}"#)
    }

    private struct Secret: Error {
        let text = "s3cret"
    }

    @Test func fault_StaysInTheLog() async throws {
        let forms: [any ErrorForm] = [HubErrorForm(), IDProvForm(), ESTForm(), MenderForm(id: "1")]
        for form in forms {
            let answer = try await ErrorRoute.answer(form, to: Secret())
            #expect(answer.status.code == 500 && !answer.text.contains("ecret"), "\(answer.text)")
        }
    }

    @Test func fullDisk_IsToldToOperatorsOnly() async throws {
        // Every write to it fails for want of room.
        let descriptor = unsafe open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        let written = unsafe write(descriptor, "x", 1)
        let error = FileError(path: "hub.db", doing: "write")
        #expect(written == -1)
        let stranger = try await ErrorRoute.answer(IDProvForm(), to: error)
        #expect(stranger.status.code == 500)
        let operators = try await ErrorRoute.answer(IDProvForm(), to: error, as: Peer(address: "local", userID: 0))
        #expect(operators.status.code == 507 && operators.text.contains("storeFull"))
    }

    @Test func pairing_HasAFormOfItsOwn() async throws {
        let answer = try await ErrorRoute.answer(IDProvForm(), to: PairingError.tooManyAttempts(seconds: 0))
        #expect(answer.status.code == 429 && answer.headers[.retryAfter] == "1")
        #expect(answer.text == #"{"error":"too_many_attempts"}"#)
        let wide = try await ErrorRoute.answer(ESTForm(), to: ESTError.wrongMethod(allowed: "POST"))
        #expect(wide.status.code == 405 && wide.headers[.allow] == "POST" && wide.text == "use POST\n")
    }
}
