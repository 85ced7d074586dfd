import Foundation
import Workflows

/// This program, started again with other arguments.
enum ChildProcess {
    /// Runs to the end; what it prints goes to the end of `log`. Ctrl-C is passed on once, so that the child can write its
    /// checkpoint.
    static func run(_ arguments: [String], log: String) throws -> RecipeAblation.Ending {
        let status = try status(arguments, log: log)
        return switch status {
        case 0: .complete
        case ExitStatus.inputNotFound.rawValue: .inputNotFound(status: status)
        case ExitStatus.interrupted.rawValue: .interrupted
        default: .failed(status: status)
        }
    }

    /// The exit status, 128 and the signal's number when one ended it.
    private static func status(_ arguments: [String], log: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        if !FileManager.default.fileExists(atPath: log) {
            guard FileManager.default.createFile(atPath: log, contents: nil) else {
                throw CommandFailure(.outputUnwritable, "\(log) cannot be made")
            }
        }
        guard let handle = FileHandle(forWritingAtPath: log) else {
            throw CommandFailure(.outputUnwritable, "\(log) cannot be written")
        }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(("$ weft " + arguments.joined(separator: " ") + "\n").utf8))
        process.standardOutput = handle
        process.standardError = handle
        do { try process.run() } catch {
            throw CommandFailure(.internalError, "weft cannot be started again: \(error.localizedDescription)")
        }
        var isTold = false
        while process.isRunning {
            usleep(50_000)
            if Interruption.isRequested, !isTold {
                isTold = true
                process.interrupt()
            }
        }
        process.waitUntilExit()
        try handle.close()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }
}
