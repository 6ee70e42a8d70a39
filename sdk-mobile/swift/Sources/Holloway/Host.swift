import Foundation
import HollowayBindings

/// The thread that does what the native client leaves to its host: sends requests, and writes log lines.
struct Host: Sendable {
    let queue: HostQueue
    let transport: any HTTPTransport
    let diagnostics: Diagnostics

    /// Starts the thread, which ends when the client is gone.
    func start() {
        let thread = Thread { run() }
        thread.name = "holloway-http"
        thread.qualityOfService = .utility
        thread.start()
    }

    private func run() {
        // The outcome of the request before, so that an outage is one line in the log and not one for each attempt.
        var lastFailure: String?
        while let task = queue.nextTask() {
            switch task {
            case .send(let request):
                let failure = send(request)
                if failure != lastFailure {
                    lastFailure = failure
                    report(failure, url: request.url)
                }
            case .report(let severity, let message):
                diagnostics.report(severity.own, message)
            }
        }
    }

    /// Sends a request and hands in the answer. Returns what is wrong; nil when it was answered as it should be.
    private func send(_ request: HttpRequest) -> String? {
        do {
            let answer = try transport.send(
                HTTPRequest(url: request.url, headers: request.headers, body: request.body))
            let status = UInt16(clamping: answer.status)
            queue.answer(
                id: request.id,
                response: HttpResponse(
                    status: status, retryAfter: answer.retryAfter, date: answer.date, body: answer.body))
            return failure(status)
        } catch {
            let reason = "\(error.localizedDescription) (\((error as NSError).domain) \((error as NSError).code))"
            queue.fail(id: request.id, reason: reason)
            return reason
        }
    }

    private func report(_ failure: String?, url: String) {
        if let failure {
            diagnostics.report(
                .warning, "cannot deliver events to \(url): \(failure); they are kept and sent again later")
        } else {
            diagnostics.report(.info, "events reach \(url) again")
        }
    }
}

/// Returns what is wrong with an answer; nil for one that the client deals with silently.
private func failure(_ status: UInt16) -> String? {
    switch status {
    case 300..<400:
        "the answer is a redirect (\(status)), which is not followed: set host to the address that it leads to"
    case 401, 403: "the collector does not know the write key (\(status))"
    case 404: "there is no collector at this address (404)"
    case 500..<600: "the collector answers \(status)"
    default: nil
    }
}

extension HollowayBindings.Severity {
    fileprivate var own: Diagnostic.Severity {
        switch self {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
