internal import AdminAPI
internal import ArgumentParser

extension DeviceCommand {
    struct Script: HubCommand {
        /// Devices that are asked at the same time.
        private static let width = 16

        static let configuration = CommandConfiguration(
            abstract: "Run a script on a connected device, or on all devices of a group.",
            usage: "hubctl device script [<options>] [<id>] <file>",
            discussion: """
                The script is in the language of the device's software: Elixir for NervesHubLink, a shell script for
                hub-agent. - reads it from standard input. The audit trail keeps who ran it and its SHA-256, not its
                text. On a device alone the output is written as it is, and the exit code is 1 when the script did not
                run to its end; of a group the results come as a table, with exit code 3 when some did not.

                Examples:
                  hubctl device script lamp-0001 uptime.exs
                  echo 'IO.puts(1 + 1)' | hubctl device script lamp-0001 -
                  hubctl device script --group north check.exs --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: ArgumentHelp("Device ID; left out with --group.", valueName: "id")) var first: String
        @Argument(help: ArgumentHelp("File with the script, - for standard input.", valueName: "file"))
        var second: String?
        @Option(help: "Run it on each member of this group that is connected.") var group: String?
        @Option(help: "Seconds the device gives it, 1 to 600; without, the device decides.") var timeout: Int?

        func validate() throws {
            guard (second == nil) == (group != nil) else {
                throw ValidationError(group == nil ? "give a device ID and a file" : "with --group give a file only")
            }
            if let timeout, !(1...600).contains(timeout) { throw ValidationError("--timeout must be 1 to 600") }
        }

        func work() async throws {
            let client = try connection.client()
            let script = AdminScript(text: try Self.text(of: second ?? first), timeoutSeconds: timeout)
            guard let group else {
                let result = try await client.call(LinkEndpoints.script(first, script), patience: patience)
                try Output.show(result, json: connection.json) { Self.text(result) }
                if result.result != "completed" {
                    throw CommandFailure.failed("the script did not run to its end: \(Self.reason(result))")
                }
                return
            }
            let members = try await client.all(GroupEndpoints.members(group)).map(\.deviceID)
            guard !members.isEmpty else { throw CommandFailure.failed("group \(group) has no devices") }
            let results = try await run(script, on: members, client)
            try Output.show(results, json: connection.json) {
                Output.table(
                    ["DEVICE", "RESULT", "OUTPUT"],
                    results.map { [$0.deviceID, $0.result, Self.text($0).replacing("\n", with: " ")] }, empty: "")
            }
            let failed = results.count { $0.result != "completed" }
            if failed == results.count { throw CommandFailure.failed("the script ran on none of \(failed) devices") }
            if failed > 0 { throw CommandFailure.partly("the script did not run on \(failed) of \(results.count)") }
        }

        /// Runs it on each, some at the same time; in the order of the members.
        private func run(
            _ script: AdminScript, on members: [String], _ client: AdminClient
        ) async throws -> [AdminScriptResult] {
            try await withThrowingTaskGroup(of: (Int, AdminScriptResult).self) { group in
                var results = [AdminScriptResult?](repeating: nil, count: members.count)
                for (index, member) in members.enumerated() {
                    if index >= Self.width, let (place, result) = try await group.next() { results[place] = result }
                    group.addTask {
                        do {
                            let call = LinkEndpoints.script(member, script)
                            return (index, try await client.call(call, patience: patience))
                        } catch let failure as CommandFailure where failure.code == 1 {
                            let result = AdminScriptResult(
                                deviceID: member, result: "error", output: "", value: "", reason: failure.line)
                            return (index, result)
                        }
                    }
                }
                for try await (place, result) in group { results[place] = result }
                return results.compactMap(\.self)
            }
        }

        /// The device's time, and what the way there and back may take.
        private var patience: Duration { .seconds(30 + (timeout ?? 15)) }

        private static func text(of file: String) throws -> String {
            let source = try InputSource(file)
            var bytes: [UInt8] = []
            while let chunk = try source.next() {
                bytes += chunk
                guard bytes.count <= 64 << 10 else { throw CommandFailure.failed("a script has at most 64 KiB") }
            }
            guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
                throw CommandFailure.failed("\(file) is empty or not UTF-8 text")
            }
            return text
        }

        /// What it wrote, and its value.
        private static func text(_ result: AdminScriptResult) -> String {
            guard result.result == "completed" else { return reason(result) }
            // As NervesHub shows it: what it wrote, and its value in a line of its own.
            let output = result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
            return [output, result.value].filter { !$0.isEmpty }.flatMap { text in
                text.split(separator: "\n", omittingEmptySubsequences: false).map { Terminal.plain(String($0)) }
            }.joined(separator: "\n")
        }

        private static func reason(_ result: AdminScriptResult) -> String {
            Terminal.plain(result.reason ?? result.output)
        }
    }
}
