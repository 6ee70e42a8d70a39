import Foundation
import HollowayBindings

/// What an app may say about one event besides its properties.
///
/// With `userId` or `anonymousId` the event is of that visitor and not of the client's own, as by `Holloway.forUser`.
public struct EventOptions: Sendable {
    /// The same id twice is stored once. Default: a new UUIDv7.
    public var messageId: String?
    /// When it happened. Default: now.
    public var timestamp: Date?
    /// Laid over the client's context, such as `ip`, `userAgent` and `page` of a request.
    public var context: Properties?
    /// The user of the event, in place of the client's own visitor. An empty id is refused, and the event counted as lost.
    public var userId: String?
    /// The anonymous id of the event, in place of the client's own visitor. An empty id is refused likewise.
    public var anonymousId: String?

    public init(
        messageId: String? = nil, timestamp: Date? = nil, context: Properties? = nil, userId: String? = nil,
        anonymousId: String? = nil
    ) {
        self.messageId = messageId
        self.timestamp = timestamp
        self.context = context
        self.userId = userId
        self.anonymousId = anonymousId
    }

    var ffi: HollowayBindings.EventOptions {
        HollowayBindings.EventOptions(
            messageId: messageId,
            timestampMs: timestamp.map(unixMs),
            context: context.map(jsonObject),
            userId: userId,
            anonymousId: anonymousId)
    }
}

/// Milliseconds since 1970; a time before is 1970, and what no such number can say is the largest that JSON readers hold.
private func unixMs(_ date: Date) -> UInt64 {
    let ms = date.timeIntervalSince1970 * 1000
    guard ms > 0 else { return 0 }
    return UInt64(min(ms.rounded(), 9_007_199_254_740_991))
}
