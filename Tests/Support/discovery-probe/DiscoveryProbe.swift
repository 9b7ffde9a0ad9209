import Discovery
import Dispatch
import Glibc

/// Publishes or browses from the command line, for the lab tests: one line per event, ended by SIGTERM or SIGINT.
///
///     discovery-probe publish NAME TYPE PORT [TXT...]   state changes; SIGHUP announces the next port
///     discovery-probe browse TYPE SECONDS               + found, - gone
///     discovery-probe first TYPE SECONDS                what first(within:) gives, and after how many milliseconds
@main
struct DiscoveryProbe {
    static func main() async {
        let arguments = CommandLine.arguments.dropFirst()
        do {
            switch (arguments.first, arguments.count) {
            case ("publish", 4...): try await publish(Array(arguments.dropFirst()))
            case ("browse", 3): try await browse(Array(arguments.dropFirst()))
            case ("first", 3): try await first(Array(arguments.dropFirst()))
            default:
                fail("usage: discovery-probe publish NAME TYPE PORT [TXT...] | browse|first TYPE SECONDS", code: 64)
            }
        } catch {
            fail("\(error)", code: 1)
        }
    }

    private static func publish(_ words: [String]) async throws {
        guard let port = UInt16(words[2]) else { fail("\(words[2]) is no port", code: 64) }
        let service = ServiceDescription(name: words[0], type: words[1], port: port, txt: Array(words.dropFirst(3)))
        let publisher = ServicePublisher(service)
        let (signals, sources) = signalStream([SIGTERM, SIGINT, SIGHUP])
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await publisher.run() }
            group.addTask { for await state in publisher.changes { say("\(state)") } }
            var changed = service
            for await signal in signals {
                guard signal == SIGHUP else { break }
                changed.port += 1
                publisher.update(changed)
            }
            group.cancelAll()
        }
        withExtendedLifetime(sources) {}
        say("ended")
    }

    private static func browse(_ words: [String]) async throws {
        let (type, limit) = (words[0], seconds(words[1]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Task.sleep(for: limit) }
            group.addTask {
                for try await event in ServiceBrowser(type: type).events() {
                    switch event {
                    case .found(let service): say("+ \(line(service))")
                    case .gone(let name): say("- \(name)")
                    }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private static func first(_ words: [String]) async throws {
        let start = ContinuousClock.now
        let services = try await ServiceBrowser(type: words[0]).first(within: seconds(words[1]))
        let took = (ContinuousClock.now - start) / Duration.milliseconds(1)
        for service in services { say("+ \(line(service))") }
        say("milliseconds \(Int(took))")
        if services.isEmpty { exit(1) }
    }

    private static func line(_ service: DiscoveredService) -> String {
        let addresses = service.addresses.joined(separator: ",")
        return "\(service.name);\(service.hostName);\(addresses);\(service.port);\(service.txt.joined(separator: " "))"
    }

    private static func seconds(_ text: String) -> Duration { .milliseconds(Int64((Double(text) ?? 3) * 1000)) }

    private static func signalStream(_ numbers: [Int32]) -> (AsyncStream<Int32>, [any DispatchSourceSignal]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
        return (stream, sources)
    }

    /// Whole lines at once.
    private static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe write(STDOUT_FILENO, bytes, bytes.count)
    }

    private static func fail(_ text: String, code: Int32) -> Never {
        let bytes = Array("discovery-probe: \(text)\n".utf8)
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
        exit(code)
    }
}
