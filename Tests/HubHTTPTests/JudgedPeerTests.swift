import HTTPTypes
import Hummingbird
internal import Issuing
internal import IssuingTestSupport
import Logging
import NIOCore
import NIOEmbedded
import PKI
import Synchronization
import Testing

@testable import HubHTTP

/// Where a certificate is judged for a request, and what a route sees of it.
@Suite struct JudgedPeerTests {
    /// How often a certificate was judged, and what is said of it.
    private final class Judge: Sendable {
        private let state = Mutex((asked: 0, loss: PeerLoss?.none))

        var asked: Int { state.withLock { $0.asked } }

        var check: PeerLossCheck {
            { _ in
                self.state.withLock { state in
                    state.asked += 1
                    return state.loss
                }
            }
        }

        func lose(_ loss: PeerLoss) { state.withLock { $0.loss = loss } }
    }

    /// Requests of one connection that stays open.
    private struct Kept {
        let responder: any HTTPResponder<HubContext>
        let connection: Connection

        init(_ router: Router<HubContext>, _ certificate: Certificate) {
            responder = router.buildResponder()
            connection = Connection(peer: Peer(address: "192.0.2.7", certificate: certificate))
        }

        func ask() async throws -> HTTPResponse.Status {
            let channel = NIOAsyncTestingChannel()
            let source = ApplicationRequestContextSource(
                channel: channel, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let request = Request(
                head: HTTPRequest(method: .get, scheme: "https", authority: "hub", path: "/x"),
                body: RequestBody(buffer: ByteBuffer()))
            let response = try await Connection.$current.withValue(connection) {
                try await Self.run(responder, request, HubContext(source: source))
            }
            _ = try? await channel.finish()
            return response.status
        }

        private static func run(
            _ responder: some HTTPResponder<HubContext>, _ request: Request, _ context: HubContext
        ) async throws -> Response {
            try await responder.respond(to: request, context: context)
        }
    }

    /// Tells an administrator from everybody else, as often as a route may look.
    private static func router(_ judge: Judge?) -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        if let judge { router.add(middleware: LastingPeers(loss: judge.check)) }
        router.get("x") { _, context -> Response in
            for _ in 0..<3 where context.peer.role != .admin || context.peer.certificate == nil {
                return Response(status: .unauthorized)
            }
            return Response(status: .ok)
        }
        return router
    }

    @Test func certificate_GivesNothing_WhereNobodyJudgesIt() async throws {
        let certificate = try await IssuingRig().certificate("desk", ou: "admin")
        #expect(try await Kept(Self.router(nil), certificate).ask() == .unauthorized)
    }

    @Test func certificate_IsJudgedOnceForEachRequest() async throws {
        let judge = Judge()
        let kept = Kept(Self.router(judge), try await IssuingRig().certificate("desk", ou: "admin"))
        for number in 1...3 {
            #expect(try await kept.ask() == .ok)
            #expect(judge.asked == number)
        }
        judge.lose(.revoked)
        #expect(try await kept.ask() == .forbidden)
        #expect(judge.asked == 4)
    }

    @Test func whatOutlastsItsRequest_AsksTheSameAgain() async throws {
        let judge = Judge()
        let router = Router(context: HubContext.self)
        router.add(middleware: LastingPeers(loss: judge.check))
        router.get("x") { _, context -> Response in
            guard context.peerStillCounts else { return Response(status: .unauthorized) }
            judge.lose(.ended)
            return Response(status: context.peerStillCounts ? .conflict : .ok)
        }
        let kept = Kept(router, try await IssuingRig().certificate("desk", ou: "admin"))
        #expect(try await kept.ask() == .ok)
        #expect(judge.asked == 3)
    }
}
