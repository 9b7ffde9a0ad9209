internal import ArgumentParser
internal import HubDaemon

/// The daemon program; everything it does is in `HubDaemon`.
@main
struct HubCommand {
    static func main() async {
        await DaemonCommand.main()
    }
}
