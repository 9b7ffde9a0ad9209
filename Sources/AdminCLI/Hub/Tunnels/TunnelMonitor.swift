internal import AdminAPI
internal import ArgumentParser
internal import Glibc

extension TunnelCommand {
    struct Monitor: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the tunnel server live on a terminal; otherwise, and with --json, once.",
            discussion: """
                q or Ctrl-C ends it. IN and OUT are seen from the hub: received from that end, sent to that end.

                Examples:
                  hubctl tunnel monitor
                  hubctl tunnel monitor --json
                """)

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let client = try connection.client()
            let first = try await client.call(TunnelEndpoints.list())
            guard !connection.json, Terminal.isDrawable else {
                return try Output.show(first, json: connection.json) {
                    MonitorPage.sums(first) + "\n\n" + TunnelTable.text(first.tunnels)
                }
            }
            let ending = try await TunnelScreen(client: client).run(first)
            FullScreen.leave()
            if case .signal(let number) = ending { throw ExitCode(128 + number) }
        }
    }
}

/// The tunnel server on the whole terminal.
struct TunnelScreen {
    enum Ending {
        case left
        case signal(Int32)
    }

    private enum Event: Sendable {
        case look(AdminTunnels)
        case silence(String)
        case failed(any Error)
        case screen(ScreenEvent)
    }

    let client: AdminClient

    func run(_ first: AdminTunnels) async throws -> Ending {
        // What nobody took in time was overtaken by what came after it.
        let (events, told) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(64))
        let watch = SignalWatch(ScreenEvents.signals)
        defer { withExtendedLifetime(watch) {} }
        let screen = try ScreenEvents(watch.signals)
        FullScreen.enter()
        defer { FullScreen.leave() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer {
                // Before the others have ended: an unanswered question to the hub may take its time.
                FullScreen.leave()
                group.cancelAll()
            }
            group.addTask { await screen.run { told.yield(.screen($0)) } }
            group.addTask { [self] in await look { told.yield($0) } }
            var page = MonitorPage(look: first, time: Self.now)
            FullScreen.draw(page.lines(rows: FullScreen.size.rows))
            for await event in events {
                switch event {
                case .look(let look): page = MonitorPage(look: look, time: Self.now)
                case .silence(let line): page.note = line
                case .failed(let error): throw error
                case .screen(.resized): break
                case .screen(.key(let key)):
                    if Self.leaving.contains(key) { return .left }
                    continue
                case .screen(.signal(let number)): return .signal(number)
                }
                FullScreen.draw(page.lines(rows: FullScreen.size.rows))
            }
            return .left
        }
    }

    /// q, Q, and Ctrl-C, which is a key like others on a terminal that was taken.
    private static let leaving: Set<UInt8> = [UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03]

    private static var now: String { LocalTime.text(Int64(time(nil))) }

    /// Asks the hub every second; a hub that restarts is back in a moment.
    private func look(_ told: (Event) -> Void) async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(1))
                told(.look(try await client.call(TunnelEndpoints.list())))
            } catch let failure as CommandFailure where failure.code == 69 {
                told(.silence(failure.line))
            } catch {
                return told(.failed(error))
            }
        }
    }
}
