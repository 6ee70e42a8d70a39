import Foundation

/// Something that a developer may want to know about the client.
public struct Diagnostic: Sendable, CustomStringConvertible {
    /// How much a diagnostic matters.
    public enum Severity: String, Sendable {
        /// Nothing is lost.
        case info
        /// Something to look at.
        case warning
        /// Recording or sending does not work.
        case error
    }

    /// How much it matters.
    public let severity: Severity
    /// One line that says what happened and what to do.
    public let message: String

    public var description: String { "\(severity.rawValue): \(message)" }
}

/// Writes diagnostics to the log (`NSLog`: the console of Xcode, standard error on Linux) and hands them to the app's listener.
struct Diagnostics: Sendable {
    let listener: (@Sendable (Diagnostic) -> Void)?

    func report(_ severity: Diagnostic.Severity, _ message: String) {
        let diagnostic = Diagnostic(severity: severity, message: message)
        NSLog("%@", "holloway: \(diagnostic)")
        listener?(diagnostic)
    }
}
