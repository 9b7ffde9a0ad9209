internal import Configuration
internal import Files
internal import Yams

/// What is wrong with a configuration, all of it at once.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One line a problem: source, key, reason.
    package let problems: [String]

    /// All problems, a line each.
    package var description: String { problems.joined(separator: "\n") }
}

/// Reads the configuration: command line over `HUB_*` environment over file over defaults. Unknown keys are errors.
package struct ConfigurationLoader: Sendable {
    /// Arguments after `--state` and `--config` were taken out: `--listen-https VALUE` and so on.
    package var arguments: [String]
    package var environment: [String: String]
    /// File to read, `nil` for none.
    package var file: String?

    package init(arguments: [String], environment: [String: String], file: String?) {
        self.arguments = arguments
        self.environment = environment
        self.file = file
    }

    /// The configuration in force.
    ///
    /// - Throws: ``ConfigurationError`` with every problem found; `FileError` when the file can't be read.
    package func load() throws -> HubConfiguration {
        let text = try file.map { try SecureFile.read($0) }
        let twice = optionsGivenTwice()
        var problems =
            unknownArguments() + unknownVariables() + twice.map { "command line: \($0.option) is given twice" }
        if let text, let file { problems += Self.unknownKeys(in: text, file: file) }
        var configuration = HubConfiguration()
        for (source, snapshot) in try snapshots(text: text) {
            Self.apply(
                snapshot, source: source, except: source == Self.commandLine ? Set(twice.map(\.name)) : [],
                to: &configuration, problems: &problems)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return configuration
    }

    /// Checks the text of a file alone: what `hubctl config check` asks.
    package static func problems(inFile text: String) -> [String] {
        var problems = unknownKeys(in: text, file: "file")
        var configuration = HubConfiguration()
        do {
            apply(try yaml(text), source: "file", to: &configuration, problems: &problems)
        } catch {
            problems.append("file: is no YAML: \(error)")
        }
        return problems
    }

    /// Weakest first: a later source overwrites an earlier one.
    private func snapshots(text: String?) throws -> [(String, any ConfigSnapshot)] {
        var snapshots: [(String, any ConfigSnapshot)] = []
        if let text, let file {
            do {
                snapshots.append((file, try Self.yaml(text)))
            } catch {
                throw ConfigurationError(problems: ["\(file): is no YAML: \(error)"])
            }
        }
        snapshots.append(
            (
                "environment",
                EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "hub").snapshot()
            ))
        snapshots.append((Self.commandLine, CommandLineArgumentsProvider(arguments: ["hubd"] + arguments).snapshot()))
        return snapshots
    }

    private static func yaml(_ text: String) throws -> any ConfigSnapshot {
        guard try !(Yams.compose(yaml: text).map { isEmpty($0) } ?? true) else {
            return InMemoryProvider(values: [:]).snapshot()
        }
        let bytes = Array(text.utf8)
        return try unsafe YAMLSnapshot(data: bytes.span.bytes, providerName: "file", parsingOptions: .default)
    }

    private static func isEmpty(_ node: Node) -> Bool {
        node.mapping?.isEmpty ?? (node.null != nil)
    }

    private static func apply(
        _ snapshot: any ConfigSnapshot, source: String, except: Set<String> = [],
        to configuration: inout HubConfiguration, problems: inout [String]
    ) {
        for key in ConfigurationKey.all where !except.contains(key.name) {
            do {
                guard let value = try value(of: key, from: snapshot) else { continue }
                if let problem = key.apply(&configuration, value) {
                    problems.append("\(source): \(key.name) \(problem)")
                }
            } catch {
                problems.append("\(source): \(key.name) is not of the right kind (\(key.kind))")
            }
        }
    }

    private static func value(
        of key: ConfigurationKey, from snapshot: any ConfigSnapshot
    ) throws -> ConfigurationValue? {
        let name = AbsoluteConfigKey(key.name.split(separator: ".").map(String.init))
        let type: ConfigType =
            switch key.kind {
            case .text: .string
            case .number: .int
            case .flag: .bool
            case .texts: .stringArray
            }
        switch try snapshot.value(forKey: name, type: type).value?.content {
        case .string(let text): return .text(text)
        case .int(let number): return .number(number)
        case .bool(let flag): return .flag(flag)
        case .stringArray(let texts): return .texts(texts)
        default: return nil
        }
    }

    private func unknownArguments() -> [String] {
        let known = Set(ConfigurationKey.all.map(\.option))
        return arguments.filter { $0.hasPrefix("--") }
            .map { String($0.split(separator: "=", maxSplits: 1)[0]) }
            .filter { !known.contains($0) }
            .map { "command line: unknown option \($0); \(NearestName.advice($0, among: known))" }
    }

    /// Variables of the hub's form that are not keys: a slip in one must not leave a default in force unseen.
    private func unknownVariables() -> [String] {
        let known = Set(ConfigurationKey.all.map(\.variable))
        return environment.keys.filter { name in
            name.hasPrefix("HUB_") && !known.contains(name) && !Self.othersVariables.contains(name)
                && !name.hasPrefix("HUB_AGENT_")
        }.sorted().map { "environment: unknown key \($0); \(NearestName.advice($0, among: known))" }
    }

    /// Variables of `hubctl` and `oob`; those of `hub-agent` begin with HUB_AGENT_.
    private static let othersVariables: Set<String> = ["HUB_SOCKET", "HUB_URL", "HUB_CERT", "HUB_KEY", "HUB_CA"]

    private static let commandLine = "command line"

    /// Options with one value each that are given more than once: which one is meant would be a guess.
    private func optionsGivenTwice() -> [ConfigurationKey] {
        let given = arguments.filter { $0.hasPrefix("--") }.map { String($0.split(separator: "=", maxSplits: 1)[0]) }
        return ConfigurationKey.all.filter { key in
            if case .texts = key.kind { return false }
            return given.count { $0 == key.option } > 1
        }
    }

    private static func unknownKeys(in text: String, file: String) -> [String] {
        guard let root = try? Yams.compose(yaml: text), root.mapping != nil else { return [] }
        let known = Set(ConfigurationKey.all.map(\.name))
        return leaves(of: root, at: "").filter { !known.contains($0) }
            .map { "\(file): unknown key \($0); \(NearestName.advice($0, among: known))" }
    }

    private static func leaves(of node: Node, at path: String) -> [String] {
        guard let mapping = node.mapping else { return [path] }
        return mapping.flatMap { key, value in
            leaves(of: value, at: path.isEmpty ? key.string ?? "?" : path + "." + (key.string ?? "?"))
        }
    }
}
