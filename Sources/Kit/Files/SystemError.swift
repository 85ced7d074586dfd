import Foundation

/// What the system said, in its own words.
package struct SystemError: Error {
    package var code: Int32

    package init(code: Int32) { self.code = code }

    /// What the system says of its last failure in this thread (errno).
    package static var last: String { String(cString: strerror(errno)) }

    /// Foundation wraps the system's error in one that says less.
    package static func text(of error: any Error) -> String {
        if let error = error as? SystemError { return String(cString: strerror(error.code)) }
        let error = error as NSError
        if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(error.code))) }
        guard let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain else {
            return error.localizedDescription
        }
        return String(cString: strerror(Int32(cause.code)))
    }
}
