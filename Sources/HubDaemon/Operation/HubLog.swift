internal import Foundation
package import Logging

/// Writes log lines to standard error: for a person with time and level, under systemd with the journal's priority in front.
package struct HubLog: LogHandler {
    /// Lowest level written: the configured one unless a logger was given its own.
    package var logLevel: Logger.Level {
        get { ownLevel ?? settings.level }
        set { ownLevel = newValue }
    }
    /// Metadata of every line.
    package var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?
    private let settings: LiveSettings
    private let isJournal: Bool

    /// - Parameter isJournal: whether standard error goes to the journal (`$JOURNAL_STREAM` is set).
    package init(settings: LiveSettings, isJournal: Bool) {
        self.settings = settings
        self.isJournal = isJournal
    }

    /// One metadata value.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, last in last }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.plain("\($0.value)"))" }.joined()
        let line =
            isJournal
            ? "<\(Self.priority(event.level))>\(event.message)\(pairs)\n"
            : "\(Date.now.formatted(.iso8601)) \(event.level) \(event.message)\(pairs)\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    /// What a stranger sent must not begin a line of its own or move the terminal's cursor.
    private static func plain(_ text: String) -> String {
        let shown = String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
        return shown.contains(" ") ? "\"\(shown.prefix(512))\"" : String(shown.prefix(512))
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
