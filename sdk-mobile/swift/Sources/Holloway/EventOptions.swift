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
            timestampMs: timestamp.map { UInt64(max(0, $0.timeIntervalSince1970 * 1000).rounded()) },
            context: context.map(jsonObject))
    }
}
