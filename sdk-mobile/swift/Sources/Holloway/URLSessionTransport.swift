import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Seconds without a byte after which a request is given up and tried again.
private let requestTimeout: TimeInterval = 20
/// Seconds that a request may take as a whole.
private let resourceTimeout: TimeInterval = 30

/// The platform's own HTTP stack.
final class URLSessionTransport: HTTPTransport {
    private let session: URLSession

    init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = requestTimeout
        configuration.timeoutIntervalForResource = resourceTimeout
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        session = URLSession(configuration: configuration, delegate: RedirectRefusal(), delegateQueue: nil)
    }

    deinit {
        session.finishTasksAndInvalidate()
    }

    func send(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let url = URL(string: request.url) else { throw URLError(.badURL) }
        var post = URLRequest(url: url)
        post.httpMethod = "POST"
        post.httpBody = request.body
        for (name, value) in request.headers {
            post.setValue(value, forHTTPHeaderField: name)
        }
        let outcome = Outcome()
        let task = session.dataTask(with: post) { data, response, error in
            outcome.finish(data, response as? HTTPURLResponse, error)
        }
        task.resume()
        return try outcome.wait()
    }
}

/// Answers a redirect with the redirect itself.
private final class RedirectRefusal: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}

/// Carries what a task came to from the session's queue to the thread that waits. Written once, before the signal.
private final class Outcome: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var result: Result<HTTPResponse, any Error> = .failure(URLError(.unknown))

    func finish(_ data: Data?, _ response: HTTPURLResponse?, _ error: (any Error)?) {
        if let response {
            result = .success(
                HTTPResponse(
                    status: response.statusCode,
                    retryAfter: response.value(forHTTPHeaderField: "Retry-After"),
                    date: response.value(forHTTPHeaderField: "Date"),
                    body: data ?? Data()))
        } else if let error {
            result = .failure(error)
        }
        done.signal()
    }

    func wait() throws -> HTTPResponse {
        done.wait()
        return try result.get()
    }
}
