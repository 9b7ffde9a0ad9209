internal import AdminCLI
internal import ArgumentParser

/// The program; its commands are in `AdminCLI`.
@main
struct OOB {
    static func main() async {
        await OOBCommand.main()
    }
}
