internal import AgentCLI
internal import ArgumentParser

/// The program `hub-agent`: everything is in `AgentCLI`.
@main
struct HubAgent {
    static func main() async {
        await AgentCommand.main()
    }
}
