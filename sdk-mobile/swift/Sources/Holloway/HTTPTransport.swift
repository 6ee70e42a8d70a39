import Foundation

/// A POST of one batch to the collector.
public struct HTTPRequest: Sendable {
    /// The whole URL.
    public let url: String
    /// Header fields, to be sent as they are.
    public let headers: [String: String]
    /// The body, compressed already where a header field says so.
    public let body: Data
}

/// What a server answered, whatever its status.
public struct HTTPResponse: Sendable {
    /// The status.
    public var status: Int
    /// The header field `Retry-After`.
    public var retryAfter: String?
    /// The header field `Date`.
    public var date: String?
    /// The body: the collector's receipt.
    public var body: Data

    public init(status: Int, retryAfter: String? = nil, date: String? = nil, body: Data = Data()) {
        self.status = status
        self.retryAfter = retryAfter
        self.date = date
        self.body = body
    }
}

/// Sends batches. The default uses `URLSession`, and so the system's certificates, proxies and App Transport Security; an
/// app that pins certificates or has an HTTP client of its own gives another one (`Settings.transport`).
public protocol HTTPTransport: Sendable {
    /// Sends and waits for the answer. Called on a thread of the client, one request at a time.
    ///
    /// Does not retry and does not follow redirects: the client keeps a batch until it is acknowledged, and a redirect
    /// followed as GET would look like an acknowledgement.
    ///
    /// - Throws: any error, when there was no answer
    func send(_ request: HTTPRequest) throws -> HTTPResponse
}
