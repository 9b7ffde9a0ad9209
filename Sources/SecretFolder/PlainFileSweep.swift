internal import Foundation
package import Logging

/// Keeps secrets in plain text from staying in files (docs/threat-model.md): those of imported files are taken out, and
/// what may still be corrected and imported, reports and refused files, goes after ``PlainFileLife/seconds``.
package struct PlainFileSweep: Sendable {
    let dropIn: String
    let reports: String
    let now: @Sendable () -> Int64
    let slowTime: @Sendable () -> Int64
    let logger: Logger

    /// - Parameters:
    ///   - dropIn: folder whose CSV files are imported.
    ///   - reports: where imports write their reports.
    ///   - now: present time in Unix seconds.
    ///   - slowTime: the same, but never ahead by a jump of the clock (docs/time.md): a wrong clock must not cost what
    ///     is still to be corrected.
    package init(
        dropIn: String, reports: String, now: @escaping @Sendable () -> Int64,
        slowTime: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.dropIn = dropIn
        self.reports = reports
        self.now = now
        self.slowTime = slowTime
        self.logger = logger
    }

    /// Takes the secrets out of `*.imported` that still hold some; called at the start, and after one could not be
    /// written.
    package func cleanImported() {
        for name in regularFiles(in: dropIn) {
            let path = dropIn + "/" + name
            if name.hasSuffix(".new"), name.contains(".imported.") {
                // Left by a power cut while it was written.
                try? FileManager.default.removeItem(atPath: path)
            } else if name.hasSuffix(".imported") {
                do {
                    guard try ImportedFile.clean(path) else { continue }
                    logger.notice("secrets taken out of an imported file", metadata: ["file": "\(name)"])
                } catch {
                    logger.warning(
                        "secrets can't be taken out of an imported file",
                        metadata: ["file": "\(name)", "error": "\(error)"])
                }
            }
        }
    }

    /// Removes reports and refused files whose time is over, but no file of an operator's that only has the name of a
    /// report; called at the start and every ten minutes.
    package func removeOld() {
        for folder in [dropIn, reports] {
            for name in regularFiles(in: folder) {
                let path = folder + "/" + name
                let isReport = name.hasSuffix(".report.csv") && !MisnamedFiles.isOperators(path)
                guard isReport || (folder == dropIn && name.hasSuffix(".refused")) else { continue }
                look(at: path, name)
            }
        }
    }

    /// Gives a file that others may have written the mode and the time from which its life counts.
    package func begin(_ path: String) {
        try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        stamp(path)
    }

    private func look(at path: String, _ name: String) {
        try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        guard let date = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date else {
            return
        }
        let written = Int64(min(max(date.timeIntervalSince1970, 0), 1e12))
        switch PlainFileLife.verdict(written: written, now: now(), slowTime: slowTime()) {
        case .keep: return
        case .restart: stamp(path)
        case .remove:
            guard (try? FileManager.default.removeItem(atPath: path)) != nil else { return }
            logger.notice("report of an import removed: its time is over", metadata: ["file": "\(name)"])
        }
    }

    private func stamp(_ path: String) {
        let date = Date(timeIntervalSince1970: TimeInterval(now()))
        try? FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
    }

    private func regularFiles(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            return attributes?[.type] as? FileAttributeType == .typeRegular
        }.sorted()
    }
}
