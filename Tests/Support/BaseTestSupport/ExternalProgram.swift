internal import Foundation
internal import Synchronization

/// Programs of others that judge what the hub makes.
package enum ExternalProgram {
    /// Foundation's `Process` reads tables of the whole process while it starts a program, so one is started at a time.
    private static let starting = Mutex(())

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - input: for its standard input.
    ///   - keepsErrors: whether its standard error is part of what is returned.
    /// - Returns: what it wrote, whatever its exit code.
    package static func run(
        _ path: String, _ arguments: [String], input: [UInt8] = [], keepsErrors: Bool = false
    ) throws -> [UInt8] {
        let process = Process()
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = keepsErrors ? standardOutput : FileHandle.nullDevice
        try starting.withLock { _ in try process.run() }
        standardInput.fileHandleForWriting.write(Data(input))
        try standardInput.fileHandleForWriting.close()
        let output = standardOutput.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return [UInt8](output)
    }
}
