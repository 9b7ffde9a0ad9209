internal import Encoding
internal import Foundation
package import Logging
internal import Synchronization

/// Writes log lines to standard error: for a person with time and level, under systemd with the journal's priority in
/// front. Lines of one kind that come too fast are counted instead, see ``LogQuota``.
package struct HubLog: LogHandler {
    /// Lowest level written: the configured one unless a logger was given its own.
    package var logLevel: Logger.Level {
        get { ownLevel ?? level() }
        set { ownLevel = newValue }
    }
    /// Metadata of every line.
    package var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?
    private let level: @Sendable () -> Logger.Level
    private let isJournal: Bool
    private let quota = Quota()
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - level: the configured level, asked for each line.
    ///   - isJournal: whether standard error goes to the journal (`$JOURNAL_STREAM` is set).
    ///   - now: seconds of a clock that nobody sets.
    ///   - write: takes a line with its end.
    package init(
        level: @escaping @Sendable () -> Logger.Level, isJournal: Bool,
        now: @escaping @Sendable () -> Int64 = SteadyClock.seconds,
        write: @escaping @Sendable (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) }
    ) {
        self.level = level
        self.isJournal = isJournal
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line, or counts it.
    package func log(event: LogEvent) {
        let time = now()
        guard quota.value.withLock({ $0.admits("\(event.message)", event.level, now: time) }) else { return }
        write(event.level, event.message, metadata.merging(event.metadata ?? [:]) { _, last in last })
    }

    /// Tells how many lines were not written in minutes that are over; called every few seconds.
    ///
    /// - Parameter isLast: whether the hub stops.
    package func writeSums(isLast: Bool = false) {
        let time = now()
        for sum in quota.value.withLock({ $0.overdue(now: time, isLast: isLast) }) {
            write(sum.level, "lines suppressed", ["line": "\(sum.message)", "count": "\(sum.count)"])
        }
    }

    private func write(_ level: Logger.Level, _ message: Logger.Message, _ all: Logger.Metadata) {
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.plain("\($0.value)"))" }.joined()
        let line =
            isJournal
            ? "<\(Self.priority(level))>\(message)\(pairs)\n"
            : "\(Date.now.formatted(.iso8601)) \(level) \(message)\(pairs)\n"
        write(line)
    }

    /// What a stranger sent must not begin a line of its own or move the terminal's cursor.
    private static func plain(_ text: String) -> String {
        let shown = PlainText.of(text, limit: 512)
        return shown.contains(" ") ? "\"\(shown)\"" : shown
    }

    /// syslog(3) numbers.
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

/// Shared by all copies of a log, as loggers copy their handlers.
private final class Quota: Sendable {
    let value = Mutex(LogQuota())
}
