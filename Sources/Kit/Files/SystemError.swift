import Foundation

/// What the system refused (errno): its own words, and what to do where that is known.
package struct SystemError: Error, Hashable, CustomStringConvertible {
    package var code: Int32

    package init(code: Int32) { self.code = code }

    /// The last failure in this thread.
    package static var current: SystemError { SystemError(code: errno) }

    /// The description of ``current``.
    package static var last: String { current.description }

    package var description: String { String(cString: strerror(code)) + (advice.map { "; \($0)" } ?? "") }

    private var advice: String? {
        switch code {
        case ENOSPC, EDQUOT: "make room, then give the command again"
        case EFBIG: "raise the limit of the size of files (ulimit -f), then give the command again"
        case EACCES, EPERM: "check the permissions"
        case EROFS: "choose another place"
        case EMFILE: "raise the limit of open files (ulimit -n)"
        case ELOOP: "put the file itself in the place of the link"
        case ENAMETOOLONG: "choose a shorter name"
        default: nil
        }
    }

    /// What lies under an error of Foundation's; nil for an error of anybody else's.
    package init?(foundation error: any Error) {
        let error = error as NSError
        switch error.domain {
        case NSPOSIXErrorDomain: self.init(code: Int32(error.code))
        case NSCocoaErrorDomain:
            if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, let system = SystemError(foundation: cause)
            {
                self = system
            } else {
                self.init(code: Self.code(of: CocoaError.Code(rawValue: error.code)))
            }
        default: return nil
        }
    }

    private static func code(of code: CocoaError.Code) -> Int32 {
        switch code {
        case .fileNoSuchFile, .fileReadNoSuchFile: ENOENT
        case .fileReadNoPermission, .fileWriteNoPermission: EACCES
        case .fileWriteOutOfSpace: ENOSPC
        case .fileWriteVolumeReadOnly: EROFS
        case .fileWriteFileExists: EEXIST
        case .fileReadInvalidFileName, .fileWriteInvalidFileName: ENAMETOOLONG
        case .fileReadTooLarge: EFBIG
        default: EIO
        }
    }

    /// The description of an error, for a message: never Foundation's, which says less and in a language of its own.
    package static func text(of error: any Error) -> String {
        if let system = error as? SystemError ?? SystemError(foundation: error) { return system.description }
        return error is DecodingError ? "its content is not what is expected there" : "\(error)"
    }
}
