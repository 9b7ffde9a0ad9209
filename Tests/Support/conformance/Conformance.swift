import ArgumentParser

/// Runs test vectors through the product's own code, and serves hubs for tests of others. Never installed.
@main
struct Conformance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance", abstract: "Test vectors against the product's code; never installed.",
        discussion: """
            Examples:
              conformance pake-test request.json
              conformance pake-serve hub.json
              conformance cosign-test verify request.json
            """,
        subcommands: [PakeTest.self, PakeServe.self, CosignTest.self])
}
