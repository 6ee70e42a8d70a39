import Foundation
import HollowayBindings

/// Behavioural analytics that survives a kill and counts every loss.
///
/// ```swift
/// let hw = try Holloway(writeKey: "KEY", host: "https://events.example.com", directory: folder)
/// hw.identify("u1", ["plan": "pro"])
/// hw.track("Signed Up", ["source": "ad"])
/// ```
///
/// An event is in a file of the directory when `track` returns. It is sent in the background, again and again until the
/// collector has acknowledged it, by this process or by the next one that uses the same directory.
///
/// All calls may be made from any thread, and return at once but for `flush` and `shutdown`, which wait for the network:
/// keep those off the main thread. An app never needs them.
public final class Holloway: Sendable {
    private let native: HollowayClient

    /// Opens the directory, starts the worker, and sends what a former run left.
    ///
    /// - Parameters:
    ///   - writeKey: whose events these are
    ///   - host: the collector's origin
    ///   - directory: where events wait: a folder that only this client uses, such as one in Application Support
    ///   - settings: what is seldom set
    /// - Throws: `HollowayError` with a text that says which setting to change
    public init(writeKey: String, host: String, directory: URL, settings: Settings = Settings()) throws {
        let config = settings.config(writeKey: writeKey, host: host, directory: directory.path)
        native = try translated { try HollowayClient(config: config) }
    }

    /// As above, with the directory's path.
    public convenience init(
        writeKey: String, host: String, directory: String, settings: Settings = Settings()
    ) throws {
        try self.init(
            writeKey: writeKey, host: host, directory: URL(fileURLWithPath: directory, isDirectory: true),
            settings: settings)
    }

    /// Somebody did something.
    public func track(_ event: String, _ properties: Properties? = nil, options: EventOptions? = nil) {
        native.track(name: event, properties: properties.map(jsonObject), options: options?.ffi)
    }

    /// A page was viewed.
    public func page(_ name: String? = nil, _ properties: Properties? = nil, options: EventOptions? = nil) {
        native.page(name: name, properties: properties.map(jsonObject), options: options?.ffi)
    }

    /// A screen was viewed.
    public func screen(_ name: String? = nil, _ properties: Properties? = nil) {
        native.screen(name: name, properties: properties.map(jsonObject))
    }

    /// This device's user is `userId`, from now on and until `reset` or another `identify`.
    public func identify(_ userId: String, _ traits: Properties? = nil, options: EventOptions? = nil) {
        native.identify(userId: userId, traits: traits.map(jsonObject), options: options?.ffi)
    }

    /// The user belongs to a group, such as a company.
    public func group(_ groupId: String, _ traits: Properties? = nil) {
        native.group(groupId: groupId, traits: traits.map(jsonObject))
    }

    /// `userId` is the same user as the one whom this device knew until now.
    public func alias(_ userId: String) {
        native.alias(userId: userId)
    }

    /// The user is gone: a new anonymous id, no user id, no registered properties, but for what is to be kept.
    public func reset(keepAnonymousId: Bool = false, keepRegistered: Bool = false) {
        native.reset(keepAnonymousId: keepAnonymousId, keepRegistered: keepRegistered)
    }

    /// Adds properties to every later track, page and screen.
    public func register(_ properties: Properties) {
        native.register(properties: jsonObject(properties))
    }

    /// Takes one of the registered properties away.
    public func unregister(_ key: String) {
        native.unregister(key: key)
    }

    /// The user's decision. It holds for every later call, over kill and restart.
    public func setConsent(_ consent: Consent) {
        native.setConsent(consent: consent.ffi)
    }

    /// Replaces the context that `Settings.context` gave, for every later event.
    public func setContext(_ context: Properties) {
        native.setContext(context: jsonObject(runtimeContext().merging(context) { _, own in own }))
    }

    /// The write key that the collector refused is known there now: sending goes on.
    public func resume() {
        native.resume()
    }

    /// The app is in front again.
    public func foreground() {
        native.foreground()
    }

    /// The app leaves the front: what waits is made durable and sent.
    public func background() {
        native.background()
    }

    /// The network is back: what waits is sent without the rest of the pause after a failure.
    public func online() {
        native.online()
    }

    /// Sends everything, and returns when the collector has acknowledged it.
    ///
    /// - Parameter timeout: seconds
    /// - Throws: `HollowayError.timedOut` or `.refused`: nothing is lost, what waits is sent later; `.rejected`: some
    ///   events are lost, see `losses`
    public func flush(timeout: TimeInterval = 10) throws {
        try translated { try native.flush(timeoutMs: milliseconds(timeout)) }
    }

    /// Flushes, then stops the client in any case. What was not sent in time is sent by the next one on this directory.
    ///
    /// - Parameter timeout: seconds
    /// - Throws: as `flush`
    public func shutdown(timeout: TimeInterval = 10) throws {
        try translated { try native.shutdown(timeoutMs: milliseconds(timeout)) }
    }

    /// The device's id, which `reset` changes.
    public var anonymousId: String { native.anonymousId() }

    /// The user's id, after `identify`.
    public var userId: String? { native.userId() }

    /// Events that wait to be acknowledged.
    public var queuedEvents: Int { Int(native.queuedEvents()) }

    /// Events lost since this client was made, by reason.
    public var losses: [String: Int] { native.losses().mapValues { Int($0) } }
}

/// Whole milliseconds; what is no sensible time waits for nothing, or for as long as a UInt32 of them lasts (49 days).
func milliseconds(_ seconds: TimeInterval) -> UInt64 {
    guard seconds > 0 else { return 0 }
    return UInt64(min(seconds * 1000, Double(UInt32.max)))
}
