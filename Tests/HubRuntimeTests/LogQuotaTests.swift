import Logging
import Synchronization
import Testing

@testable import HubRuntime

/// However often something is logged, a minute has so many lines of it; the others are counted.
@Suite struct LogQuotaTests {
    private static func lines(
        _ quota: inout LogQuota, _ level: Logger.Level, count: Int, at now: Int64 = 600,
        message: (Int) -> String = { _ in "request refused" }
    ) -> Int {
        (0..<count).count { quota.admits(message($0), level, now: now) }
    }

    @Test func linesOfOneKind_AreCountedBeyondTheirBudget() {
        var quota = LogQuota()
        #expect(Self.lines(&quota, .info, count: 10_000) == 60)
        #expect(Self.lines(&quota, .notice, count: 1, message: { _ in "hub ready" }) == 1)
        #expect(quota.overdue(now: 659).isEmpty)
        #expect(quota.overdue(now: 660) == [LogQuota.Sum(message: "request refused", level: .info, count: 9940)])
        #expect(Self.lines(&quota, .info, count: 10_000, at: 660) == 20)
        #expect(quota.overdue(now: 661, isLast: true).map(\.count) == [9980])
        #expect(quota.overdue(now: 720).isEmpty)
    }

    @Test func faultsOfOurs_HaveTheirFirstLinesInEveryMinute() {
        var quota = LogQuota()
        for minute in 10..<30 as Range<Int64> {
            let lines = Self.lines(&quota, .error, count: 5000, at: minute * 60)
            #expect(lines == (minute == 10 ? 120 : 60))
        }
    }

    @Test func textsThatAreNoConstants_ShareABudget() {
        var quota = LogQuota()
        let lines = Self.lines(&quota, .warning, count: 100_000, message: { "text \($0)" })
        #expect(lines == LogQuota.kindLimit + 120)
        #expect(quota.overdue(now: 660).map(\.message) == ["others"])
    }

    @Test func log_ShowsWhatStrangersChose_AndDoesNothing() {
        let written = Lines()
        let log = HubLog(level: { .info }, isJournal: true, write: { written.add($0) })
        let logger = Logger(label: "test") { _ in log }
        for text in [
            "a\u{9B}31mb", "a\u{202E}b", "a\u{2028}b", "a\nb", "a\u{7F}b",
            "a" + String(repeating: "\u{301}", count: 9000),
        ] {
            logger.warning("device refused", metadata: ["device.id": "\(text)"])
        }
        #expect(
            written.list.prefix(5) == [
                "<4>device refused device.id=a?31mb\n", "<4>device refused device.id=a?b\n",
                "<4>device refused device.id=a?b\n", "<4>device refused device.id=a?b\n",
                "<4>device refused device.id=a?b\n",
            ])
        #expect(written.list.count == 6 && written.list[5].unicodeScalars.count < 600)
    }

    @Test func log_SaysHowManyLinesItLeftOut() {
        let written = Lines()
        let clock = Mutex<Int64>(600)
        let log = HubLog(
            level: { .info }, isJournal: true, now: { clock.withLock { $0 } },
            write: { written.add($0) })
        // Loggers and their copies share one budget.
        for number in 0..<5000 {
            var logger = Logger(label: "test") { _ in log }
            logger[metadataKey: "request.id"] = "\(number)"
            logger.notice("device asks", metadata: ["id": "\(number)"])
        }
        #expect(written.list.count == 60)
        #expect(written.list.first == "<5>device asks id=0 request.id=0\n")
        clock.withLock { $0 = 660 }
        log.writeSums()
        log.writeSums()
        #expect(written.list.dropFirst(60) == ["<5>lines suppressed count=4940 line=\"device asks\"\n"])
    }
}

/// What a log was given.
private final class Lines: Sendable {
    private let all = Mutex<[String]>([])
    var list: [String] { all.withLock { $0 } }

    func add(_ line: String) {
        all.withLock { $0.append(line) }
    }
}
