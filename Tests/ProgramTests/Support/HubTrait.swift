import Testing

/// Runs one hub for all tests of a suite: they must not disturb each other.
struct HubTrait: SuiteTrait, TestScoping {
    let options: [String]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let hub = try ProgramHub()
        try await hub.start(options)
        try await ProgramHub.$ofSuite.withValue(hub) { try await function() }
        #expect(try await hub.stop() == 0)
    }
}

extension Trait where Self == HubTrait {
    /// A hub with options of `hubd`.
    static func hub(_ options: String...) -> Self { hub(options: options) }

    static func hub(options: [String]) -> Self { HubTrait(options: options) }
}

extension ProgramHub {
    @TaskLocal fileprivate static var ofSuite: ProgramHub?

    /// The hub of the suite that a test is in.
    static var current: ProgramHub {
        get throws { try #require(ofSuite) }
    }
}
