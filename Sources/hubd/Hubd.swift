internal import ArgumentParser
internal import HubDaemon

/// The daemon program; its code is in `HubDaemon`.
@main
struct Hubd {
    static func main() async {
        await DaemonCommand.main()
    }
}
