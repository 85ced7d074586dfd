import ArgumentParser
import Files
import Foundation
import Ingestion
import Radiomics
import SettingsFile
import Tables
import Workflows

/// The exit statuses that scripts rely on (sysexits.h where it has a number).
enum ExitStatus: Int32 {
    case someCasesFailed = 2
    case usage = 64
    case inputUnreadable = 65
    case inputNotFound = 66
    case internalError = 70
    case outputUnwritable = 73
    case interrupted = 130

    var code: ExitCode { ExitCode(rawValue) }
}

/// Why a command ends early: a sentence for the user and the status for a script.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        (self.status, self.message) = (status, message)
    }

    init(_ error: IngestionError) {
        let status: ExitStatus = if case .notFound = error { .inputNotFound } else { .inputUnreadable }
        self.init(status, error.description)
    }

    init(_ error: TableError) {
        let status: ExitStatus =
            switch error {
            case .unknownFormat, .tooManyColumns, .shardOfWorkbook: .usage
            default: .outputUnwritable
            }
        self.init(status, error.description)
    }

    init(_ error: WorkflowError) {
        switch error {
        case .ingestion(let error): self.init(error)
        case .table(let error): self.init(error)
        case .weights(.unreadable(let path, _)) where !FileManager.default.fileExists(atPath: path):
            self.init(.inputNotFound, error.description)
        case .configuration(let error): self.init(error)
        case .settings(let error): self.init(error)
        case .badMetadata, .impossible, .sharedNumber: self.init(.usage, error.description)
        case .unexpected(let error):
            if let failure = CommandFailure(system: error) {
                self = failure
            } else {
                self.init(.internalError, "internal error: \(error); please report it with the command that shows it")
            }
        case .otherModalities, .noSpelling, .noMasks, .noImages, .nothingReadable, .repeatedCase, .noSeriesForReports,
            .weights, .noNormalisation,
            .otherSize, .notOneImage, .noRange:
            self.init(.inputUnreadable, error.description)
        case .fileInsteadOfFolder, .folderNotEmpty, .outputUnwritable:
            self.init(.outputUnwritable, error.description)
        }
    }

    /// What the system refused, where nobody on the way had words for it; nil for any other error.
    init?(system error: any Error) {
        switch error {
        case let error as FileWritingError: self.init(.outputUnwritable, error.description)
        case let error as FileReadingError: self.init(.inputUnreadable, error.description)
        default:
            guard let cause = (error as? SystemError) ?? SystemError(foundation: error) else { return nil }
            let path = (error as NSError).userInfo[NSFilePathErrorKey] as? String
            let isOutput = [ENOSPC, EDQUOT, EFBIG, EROFS, EEXIST].contains(cause.code)
            self.init(
                isOutput ? .outputUnwritable : .inputUnreadable, (path.map { "\($0): " } ?? "") + cause.description)
        }
    }

    init(_ error: SettingsError) { self.init(.usage, error.description) }
}
