package import Devices
internal import Files
internal import Foundation
internal import Journal
internal import Logging
internal import HubRuntime
package import Secrets
internal import ServiceLifecycle

/// Imports CSV files that are put into a folder (docs/manual.md, "Files"). A file is taken once its size and time
/// did not change between two looks; then `*.imported` takes its place, without secrets, with a `*.report.csv` beside
/// it when rows were refused, or it is renamed `*.refused` when the file as a whole was, or when a refused row was too
/// long for the report. The end of its name may be written in capitals, as on USB sticks. A file that can't be removed
/// is taken once.
package final class DropInFolder: Service {
    private let folder: String
    private let reports: String
    private let secrets: Secrets
    private let devices: Devices
    private let logger: Logger
    private let sweep: PlainFileSweep

    package init(secrets: Secrets, devices: Devices, sweep: PlainFileSweep) {
        folder = sweep.dropIn
        reports = sweep.reports
        (self.secrets, self.devices) = (secrets, devices)
        logger = sweep.logger
        self.sweep = sweep
    }

    package func run() async throws {
        sweep.cleanImported()
        sweep.removeOld()
        let seen = Seen()
        await Repetition(every: .seconds(2)).run { [self] in
            for name in await seen.misnamed(files(where: Self.isReport), in: folder) {
                logger.warning(
                    "secrets not imported: only reports of the hub end in .report.csv; rename the file",
                    metadata: ["file": "\(name)"])
            }
            for name in await seen.settled(files(where: Self.isTaken)) {
                guard let signature = await take(name), signature == self.signature(name) else { continue }
                await seen.leave(name, signature)
                logger.warning(
                    "a file that was read can't be removed and may hold secrets; remove it",
                    metadata: ["file": "\(name)"])
            }
        }
    }

    /// What the last looks saw.
    private actor Seen {
        private var looks = DropInLooks()
        private var misnamed = MisnamedFiles()

        func settled(_ now: [String: String]) -> [String] { looks.settled(now) }
        func leave(_ name: String, _ signature: String) { looks.leave(name, signature) }
        func misnamed(_ now: [String: String], in folder: String) -> [String] { misnamed.new(now, in: folder) }
    }

    private func files(where isMeant: (String) -> Bool) -> [String: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var files: [String: String] = [:]
        for name in names where isMeant(name) { files[name] = signature(name) }
        return files
    }

    /// A file's size, time and number; `nil` for links and folders, which are passed over, and when nothing is there.
    private func signature(_ name: String) -> String? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name),
            attributes[.type] as? FileAttributeType == .typeRegular
        else { return nil }
        let parts: [FileAttributeKey] = [.size, .modificationDate, .systemFileNumber]
        return parts.map { "\(attributes[$0] ?? 0)" }.joined(separator: " ")
    }

    package static func isTaken(_ name: String) -> Bool {
        name.lowercased().hasSuffix(".csv") && !isReport(name) && !name.hasPrefix(".")
    }

    /// Whether a name is one of a report.
    package static func isReport(_ name: String) -> Bool {
        name.lowercased().hasSuffix(".report.csv") && !name.hasPrefix(".")
    }

    /// - Returns: the file's signature while it was read.
    private func take(_ name: String) async -> String? {
        let path = folder + "/" + name
        sweep.begin(path)
        let signature = signature(name)
        do {
            var options = ImportOptions(source: name)
            options.partial = true
            let secrets = try await SecretImport(
                into: secrets, for: devices, options: options, folder: reports)
            try await feed(path, to: secrets)
            let result = try await secrets.finish(by: .hub)
            if let report = result.reportFile { moveReport(report, name) }
            finish(path, isReportWhole: result.isReportWhole)
            logger.notice(
                "secrets imported",
                metadata: ["file": "\(name)", "rows": "\(result.rows)", "refused": "\(result.refused)"])
        } catch {
            try? SecureFile.move(path, to: path + ".refused")
            let reason = (error as? ImportError)?.message ?? "\(error)"
            logger.warning("secrets not imported", metadata: ["file": "\(name)", "reason": "\(reason)"])
        }
        return signature
    }

    /// Puts a report beside its file; where it can't be, it stays where imports write theirs.
    private func moveReport(_ report: String, _ name: String) {
        let base = name.hasSuffix(".csv") ? String(name.dropLast(4)) : name
        do {
            try ImportedFile.carry(report, to: "\(folder)/\(base).report.csv")
        } catch {
            logger.warning(
                "the report of refused rows can't be put beside its file",
                metadata: ["file": "\(name)", "report": "\(report)", "reason": "\(error)"])
        }
    }

    /// Without room for the copy the file keeps its secrets, but not its name: it would be imported again and again.
    private func finish(_ path: String, isReportWhole: Bool) {
        do {
            try ImportedFile.replace(path, keepingItAs: isReportWhole ? nil : path + ".refused")
        } catch {
            logger.warning("an imported file can't be replaced", metadata: ["reason": "\(error)"])
            try? SecureFile.move(path, to: path + (isReportWhole ? ".imported" : ".refused"))
            sweep.cleanImported()
        }
    }

    private func feed(_ path: String, to secrets: SecretImport) async throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw ImportError.badFile("it can't be read") }
        defer { try? handle.close() }
        do {
            while let part = try handle.read(upToCount: 65_536), !part.isEmpty {
                try await secrets.feed([UInt8](part))
            }
        } catch {
            try await secrets.abandon()
            throw error
        }
    }
}
