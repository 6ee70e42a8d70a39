import Foundation
import HollowayBindings

/// Behavioural analytics that survives a kill and counts every loss.
///
/// ```swift
/// let hw = Holloway.start(writeKey: "KEY", host: "https://events.example.com", directory: folder)
/// hw.identify("u1", ["plan": "pro"])
/// hw.track("Signed Up", ["source": "ad"])
/// ```
///
/// An event is in a file of the directory when `track` returns. It is sent in the background, again and again until the
/// collector has acknowledged it, by this process or by the next one that uses the same directory.
///
/// **A start that fails.** `Holloway.start` never throws: with a wrong setting or a directory that cannot be written the client
/// is disabled. Then every call does nothing, `isEnabled` is false, `startError` says what to change, and the same text is
/// a line in the log. `try Holloway(writeKey:host:directory:)` throws that error instead.
///
/// **Threads.** All calls may be made from any thread. They return at once and throw nothing, whatever their arguments are,
/// but for `flush` and `shutdown`, which wait for the network: keep those off the main thread, or use their `async` forms,
/// which block no thread of the caller's. An app never needs them.
public final class Holloway: Sendable {
    private let native: HollowayClient?

    /// Why this client is disabled; nil when it is not.
    public let startError: HollowayError?

    /// Whether this client records. False after a start that failed: `startError` says why.
    public var isEnabled: Bool { native != nil }

    /// Opens the directory, starts the worker, and sends what a former run left.
    ///
    /// On Apple's systems the directory is made, and excluded from backups: ids that were restored onto another device would
    /// make both devices one visitor.
    ///
    /// - Parameters:
    ///   - writeKey: the app's key
    ///   - host: the collector's origin
    ///   - directory: where events wait: a folder that only this client uses, such as one in Application Support
    ///   - settings: what is seldom set
    /// - Throws: `HollowayError` with a text that says which setting to change
    public init(writeKey: String, host: String, directory: URL, settings: Settings = Settings()) throws {
        let config = settings.config(writeKey: writeKey, host: host, directory: directory.path)
        excludeFromBackup(directory)
        let queue = HostQueue()
        native = try translated { try HollowayClient(config: config, host: queue) }
        startError = nil
        let diagnostics = Diagnostics(listener: settings.onDiagnostic)
        Host(queue: queue, transport: settings.transport ?? URLSessionTransport(), diagnostics: diagnostics).start()
    }

    /// As above, with the directory's path.
    public convenience init(
        writeKey: String, host: String, directory: String, settings: Settings = Settings()
    ) throws {
        try self.init(
            writeKey: writeKey, host: host, directory: URL(fileURLWithPath: directory, isDirectory: true),
            settings: settings)
    }

    private init(disabledBy error: HollowayError) {
        native = nil
        startError = error
    }

    /// Starts a client as `init` does, but throws nothing: a start that fails gives a disabled client.
    public static func start(
        writeKey: String, host: String, directory: URL, settings: Settings = Settings()
    ) -> Holloway {
        do {
            return try Holloway(writeKey: writeKey, host: host, directory: directory, settings: settings)
        } catch {
            let known = error as? HollowayError ?? .start(error.localizedDescription)
            Diagnostics(listener: settings.onDiagnostic).report(
                .error, "this client is disabled, and records nothing: \(known.localizedDescription)")
            return Holloway(disabledBy: known)
        }
    }

    /// Starts a client in the folder `holloway` of the app's Application Support. See `start(writeKey:host:directory:settings:)`.
    public static func start(writeKey: String, host: String, settings: Settings = Settings()) -> Holloway {
        let folders = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)
        let folder = folders.first ?? FileManager.default.temporaryDirectory
        return start(
            writeKey: writeKey, host: host, directory: folder.appendingPathComponent("holloway", isDirectory: true),
            settings: settings)
    }

    /// Records that a user did something.
    public func track(_ event: String, _ properties: Properties? = nil, options: EventOptions? = nil) {
        native?.track(name: event, properties: properties.map(jsonObject), options: options?.ffi)
    }

    /// Records a view of a page.
    public func page(_ name: String? = nil, _ properties: Properties? = nil, options: EventOptions? = nil) {
        native?.page(name: name, properties: properties.map(jsonObject), options: options?.ffi)
    }

    /// Records a view of a screen.
    public func screen(_ name: String? = nil, _ properties: Properties? = nil, options: EventOptions? = nil) {
        native?.screen(name: name, properties: properties.map(jsonObject), options: options?.ffi)
    }

    /// Sets this device's user, from now on and until `reset` or another `identify`. Not for servers, where each request has
    /// a user of its own: see `forUser`.
    public func identify(_ userId: String, _ traits: Properties? = nil, options: EventOptions? = nil) {
        native?.identify(userId: userId, traits: traits.map(jsonObject), options: options?.ffi)
    }

    /// Adds the user to a group, such as a company.
    public func group(_ groupId: String, _ traits: Properties? = nil, options: EventOptions? = nil) {
        native?.group(groupId: groupId, traits: traits.map(jsonObject), options: options?.ffi)
    }

    /// Gives the user another id: `userId` is the same person as the user before.
    public func alias(_ userId: String, options: EventOptions? = nil) {
        native?.alias(userId: userId, options: options?.ffi)
    }

    /// Returns a handle for the events of a user: for servers, where one client serves many. The client's own visitor
    /// (`identify`, `reset`) stays as it is.
    public func forUser(_ userId: String) -> Scope {
        Scope(client: self, userId: userId, anonymousId: nil)
    }

    /// Returns a handle for the events of a visitor without a user id, such as the one of a web page's cookie.
    public func forAnonymous(_ anonymousId: String) -> Scope {
        Scope(client: self, userId: nil, anonymousId: anonymousId)
    }

    /// Forgets the user, at a logout: a new anonymous id, no user id, no registered properties, but for what is kept.
    public func reset(keepAnonymousId: Bool = false, keepRegistered: Bool = false) {
        native?.reset(keepAnonymousId: keepAnonymousId, keepRegistered: keepRegistered)
    }

    /// Adds properties to every later track, page and screen.
    public func register(_ properties: Properties) {
        native?.register(properties: jsonObject(properties))
    }

    /// Removes one of the registered properties.
    public func unregister(_ key: String) {
        native?.unregister(key: key)
    }

    /// Sets the user's consent. It holds for every later call, over kill and restart.
    public func setConsent(_ consent: Consent) {
        native?.setConsent(consent: consent.ffi)
    }

    /// Replaces the context that `Settings.context` gave, for every later event.
    public func setContext(_ context: Properties) {
        native?.setContext(context: jsonObject(runtimeContext().merging(context) { _, own in own }))
    }

    /// Sends again after the collector refused the write key and has learned it since.
    public func resume() {
        native?.resume()
    }

    /// Notes that the app came to the front.
    public func foreground() {
        native?.foreground()
    }

    /// Notes that the app left the front: what waits is made durable and sent.
    public func background() {
        native?.background()
    }

    /// Notes that the network is back: what waits is sent without the rest of the pause after a failure.
    public func online() {
        native?.online()
    }

    /// Sends everything, and returns when the collector has acknowledged it. Blocks: not for the main thread.
    ///
    /// Returns at once when this client is disabled.
    ///
    /// - Parameter timeout: seconds
    /// - Throws: `HollowayError.timedOut` or `.refused`: nothing is lost, what waits is sent later; `.rejected`: some
    ///   events are lost, see `losses`
    public func flush(timeout: TimeInterval = 10) throws {
        try translated { try native?.flush(timeoutMs: milliseconds(timeout)) }
    }

    /// Does `flush` without blocking a thread of the caller's.
    public func flush(timeout: TimeInterval = 10) async throws {
        try await inBackground { [self] in try translated { try native?.flush(timeoutMs: milliseconds(timeout)) } }
    }

    /// Flushes, then stops the client in any case. What was not sent in time is sent by the next one on this directory.
    ///
    /// - Parameter timeout: seconds
    /// - Throws: as `flush`
    public func shutdown(timeout: TimeInterval = 10) throws {
        try translated { try native?.shutdown(timeoutMs: milliseconds(timeout)) }
    }

    /// Does `shutdown` without blocking a thread of the caller's.
    public func shutdown(timeout: TimeInterval = 10) async throws {
        try await inBackground { [self] in try translated { try native?.shutdown(timeoutMs: milliseconds(timeout)) } }
    }

    /// The device's id, which `reset` changes; empty when this client is disabled.
    public var anonymousId: String { native?.anonymousId() ?? "" }

    /// The user's id, after `identify`.
    public var userId: String? { native?.userId() }

    /// Events that wait to be acknowledged.
    public var queuedEvents: Int { Int(clamping: native?.queuedEvents() ?? 0) }

    /// Events lost since this client was made, by reason. A disabled client records none, and so loses none.
    public var losses: [String: Int] { (native?.losses() ?? [:]).mapValues { Int(clamping: $0) } }
}

/// Runs what blocks on a thread of its own: the threads of Swift's concurrency are few, and may not wait.
private func inBackground(_ run: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let thread = Thread { continuation.resume(with: Result { try run() }) }
        thread.name = "holloway-flush"
        thread.start()
    }
}

/// Makes the folder, and leaves it out of backups. A folder that cannot be made is reported by the start itself.
private func excludeFromBackup(_ folder: URL) {
    #if canImport(Darwin)
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var folder = folder
    var values = URLResourceValues()
    values.isExcludedFromBackup = true
    try? folder.setResourceValues(values)
    #endif
}

/// Whole milliseconds; what is no sensible time waits for nothing, or for as long as a UInt32 of them lasts (49 days).
func milliseconds(_ seconds: TimeInterval) -> UInt64 {
    guard seconds > 0 else { return 0 }
    return UInt64(min(seconds * 1000, Double(UInt32.max)))
}
