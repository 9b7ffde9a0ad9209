internal import AdminCLI
internal import ArgumentParser

/// The program; its commands are in `AdminCLI`.
@main
struct Hubctl {
    static func main() async {
        await HubctlCommand.main()
    }
}
