import Foundation

/// Standard input, output and error as the program was given them.
enum StandardStreams {
    /// Descriptors 0 to 2 that were closed at the start would be given to the first files that are opened, and messages
    /// would be written into them. Output that nobody reads is still an error; messages are not.
    static func open() {
        for (descriptor, mode) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
        where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            // The lowest that is free, which is this one.
            guard Foundation.open("/dev/null", mode) == descriptor else { _exit(ExitStatus.internalError.rawValue) }
        }
    }
}
