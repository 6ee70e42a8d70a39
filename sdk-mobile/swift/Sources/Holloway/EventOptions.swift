import Foundation
import HollowayBindings

/// What an app may say about one event besides its properties.
public struct EventOptions: Sendable {
    /// The same id twice is stored once. Default: a new UUIDv7.
    public var messageId: String?
    /// When it happened. Default: now.
    public var timestamp: Date?
    /// Laid over the client's context.
    public var context: Properties?

    public init(messageId: String? = nil, timestamp: Date? = nil, context: Properties? = nil) {
        self.messageId = messageId
        self.timestamp = timestamp
        self.context = context
    }

    var ffi: HollowayBindings.EventOptions {
        HollowayBindings.EventOptions(
            messageId: messageId,
            timestampMs: timestamp.map(unixMs),
            context: context.map(jsonObject))
    }
}

/// Milliseconds since 1970; a time before is 1970, and what no such number can say is the largest that JSON readers hold.
private func unixMs(_ date: Date) -> UInt64 {
    let ms = date.timeIntervalSince1970 * 1000
    guard ms > 0 else { return 0 }
    return UInt64(min(ms.rounded(), 9_007_199_254_740_991))
}
