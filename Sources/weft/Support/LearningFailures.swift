import DICOM
import Files
import Finetuning
import Foundation
import Ingestion
import MaskedAutoencoder
import Preparation
import Pretraining
import Reconstruction
import SettingsFile
import Training
import Workflows

/// What the commands with networks have in common.
enum LearningFailures {
    /// Turns the errors of the stages into sentences and exit statuses.
    static func described(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as IngestionError {
            throw CommandFailure(error)
        } catch let error as SettingsError {
            throw CommandFailure(.usage, error.description)
        } catch let error as ConfigurationError {
            throw CommandFailure(error)
        } catch let error as FileWritingError {
            throw CommandFailure(.outputUnwritable, error.description)
        } catch let error as CacheError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as PreparationError {
            if case .cancelled = error { throw CommandFailure(.interrupted, error.description) }
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as WeightsFileError {
            if case .unreadable(let path, _) = error, !FileManager.default.fileExists(atPath: path) {
                throw CommandFailure(.inputNotFound, error.description)
            }
            if case .unwritable = error { throw CommandFailure(.outputUnwritable, error.description) }
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as ReconstructorError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as ReconstructionError {
            throw CommandFailure(error)
        } catch let error as DICOMWritingError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as DatasetError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as RunError {
            throw CommandFailure(error)
        }
    }
}

extension CommandFailure {
    init(_ error: ConfigurationError) {
        let status: ExitStatus = if case .library = error { .internalError } else { .usage }
        self.init(status, error.description)
    }

    init(_ error: RunError) {
        let status: ExitStatus =
            switch error {
            case .exists, .notAFolder, .inUse: .outputUnwritable
            case .nothingToResume: .inputNotFound
            case .config, .tooFewImages, .alreadyDone, .otherSettings: .usage
            case .otherSlices, .checkpoint, .nonFinite: .inputUnreadable
            }
        self.init(status, error.description)
    }
}
