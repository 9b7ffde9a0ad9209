internal import Foundation
internal import Logging
internal import Registry
internal import ServiceLifecycle

/// Imports CSV files that are put into a folder (product.md section 4). A file is taken once its size and time have stood still
/// for one look; then `*.imported` stands in its place, without secrets, with a `*.report.csv` beside it when rows were refused, or it
/// is renamed `*.refused` when the file as a whole was. The end of its name may be written in capitals, as on USB sticks.
final class DropInFolder: Service {
    private let folder: String
    private let reports: String
    private let registry: Registry
    private let logger: Logger
    private let sweep: PlainFileSweep

    init(registry: Registry, sweep: PlainFileSweep) {
        folder = sweep.dropIn
        reports = sweep.reports
        self.registry = registry
        logger = sweep.logger
        self.sweep = sweep
    }

    func run() async throws {
        sweep.cleanImported()
        sweep.removeOld()
        let seen = Seen()
        await Repetition(every: .seconds(2)).run { [self] in
            for name in await seen.settled(files()) { await take(name) }
        }
    }

    /// What the last look saw.
    private actor Seen {
        private var last: [String: String] = [:]

        func settled(_ now: [String: String]) -> [String] {
            defer { last = now }
            return now.filter { last[$0.key] == $0.value }.keys.sorted()
        }
    }

    /// CSV files with size and time; links and folders are passed over.
    private func files() -> [String: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var files: [String: String] = [:]
        for name in names where Self.isTaken(name) {
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name),
                attributes[.type] as? FileAttributeType == .typeRegular
            else { continue }
            files[name] = "\(attributes[.size] ?? 0) \(attributes[.modificationDate] ?? 0)"
        }
        return files
    }

    static func isTaken(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower.hasSuffix(".csv") && !lower.hasSuffix(".report.csv") && !name.hasPrefix(".")
    }

    private func take(_ name: String) async {
        let path = folder + "/" + name
        sweep.begin(path)
        do {
            var options = ImportOptions(source: name)
            options.partial = true
            let secrets = try await SecretImport(registry: registry, options: options, folder: reports)
            try await feed(path, to: secrets)
            let result = try await secrets.finish(by: .hub)
            if let report = result.reportFile {
                let base = name.hasSuffix(".csv") ? String(path.dropLast(4)) : path
                try? replace(base + ".report.csv", with: report)
            }
            finish(path)
            logger.notice(
                "secrets imported",
                metadata: ["file": "\(name)", "rows": "\(result.rows)", "refused": "\(result.refused)"])
        } catch {
            try? replace(path + ".refused", with: path)
            logger.warning("secrets not imported", metadata: ["file": "\(name)", "error": "\(error)"])
        }
    }

    /// Without room for the copy the file keeps its secrets, but not its name: it would be imported again and again.
    private func finish(_ path: String) {
        do {
            try ImportedFile.replace(path)
        } catch {
            try? replace(path + ".imported", with: path)
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

    private func replace(_ target: String, with source: String) throws {
        try? FileManager.default.removeItem(atPath: target)
        try FileManager.default.moveItem(atPath: source, toPath: target)
    }
}
