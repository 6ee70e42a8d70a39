import Foundation
import HollowayBindings

/// Why a client cannot start, or a flush cannot end. Calls that record something throw none of these.
public enum HollowayError: Error, Equatable, Sendable {
    /// The write key is empty.
    case writeKey(String)
    /// A setting has a value that no client can work with; the text says which one.
    case setting(String)
    /// The host is not the origin of a collector, such as `https://events.example.com`.
    case host(String)
    /// Events cannot be kept in the directory.
    case directory(String)
    /// The client's thread does not start.
    case start(String)
    /// The collector has not acknowledged everything in time. Nothing is lost: what waits is sent later.
    case timedOut(String)
    /// The collector does not know the write key. Events wait until it does.
    case refused(String)
    /// Some events were not accepted and are lost; the others were delivered.
    case rejected(String)
    /// The client was shut down before.
    case stopped(String)
    /// A defect inside has turned this client off; the app goes on.
    case disabled(String)
}

extension HollowayError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .writeKey(let text), .setting(let text), .host(let text), .directory(let text), .start(let text), .timedOut(let text),
            .refused(let text), .rejected(let text), .stopped(let text), .disabled(let text):
            text
        }
    }
}

/// Calls the binding, and throws its errors under the names of this package.
func translated<T>(_ call: () throws -> T) throws -> T {
    do {
        return try call()
    } catch let error as HollowayBindings.HollowayError {
        switch error {
        case .WriteKey(let text): throw HollowayError.writeKey(text)
        case .Setting(let text): throw HollowayError.setting(text)
        case .Host(let text): throw HollowayError.host(text)
        case .Directory(let text): throw HollowayError.directory(text)
        case .Start(let text): throw HollowayError.start(text)
        case .TimedOut(let text): throw HollowayError.timedOut(text)
        case .Refused(let text): throw HollowayError.refused(text)
        case .Rejected(let text): throw HollowayError.rejected(text)
        case .Stopped(let text): throw HollowayError.stopped(text)
        case .Disabled(let text): throw HollowayError.disabled(text)
        }
    }
}
