package holloway

import holloway.ffi.HollowayClient
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlin.coroutines.suspendCoroutine
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Behavioural analytics that survives a kill and counts every loss.
 *
 * ```
 * val hw = Holloway("KEY") { host = "https://events.example.com"; directory = "events" }
 * hw.identify("u1", mapOf("plan" to "pro"))
 * hw.track("Signed Up", mapOf("source" to "ad"))
 * ```
 *
 * An event is in a file of the directory when [track] returns. It is sent in the background, again and again until the
 * collector has acknowledged it, by this process or by the next one that uses the same directory.
 *
 * **One user or many.** In an app with one user the client has a visitor of its own: an anonymous id, the user of [identify],
 * and sessions. A server has many users: its events are made with [forUser] and [forAnonymous], which leave that visitor alone.
 *
 * **A start that fails does not throw.** With a wrong setting, a directory that cannot be written or without the native
 * library the client is disabled: every call does nothing, [isEnabled] is false, [startError] says what to change, and the
 * same text is a line in the log. [Holloway.open] throws instead:
 *
 * ```
 * try {
 *     Holloway.open("KEY") { host = "events.example.com" }
 * } catch (e: HollowayException.Host) {
 *     println(e.message) // expected the collector's origin as host, such as https://events.example.com, found …
 * }
 * ```
 *
 * **Threads.** All calls may be made from any thread. They return at once and never throw, whatever their arguments are,
 * but for [flush] and [shutdown], which wait for the network and throw [HollowayException] when not everything was
 * delivered: keep those off the main thread, or use [flushAsync] and [awaitFlush]. Nothing here needs to be closed on
 * Android.
 */
class Holloway private constructor(start: Start) : AutoCloseable {
    /** Starts a client. A start that fails leaves it disabled: see [isEnabled]. */
    constructor(writeKey: String, settings: Settings.() -> Unit = {}) : this(Start.of(writeKey, settings))

    private val native: HollowayClient? = start.native
    private val diagnostics = start.diagnostics

    /** Why this client is disabled; null when it is not. */
    val startError: HollowayException? = start.error

    /** Whether this client records. False after a start that failed: [startError] says why. */
    val isEnabled: Boolean get() = native != null

    /** Records that a user did something. */
    @JvmOverloads
    fun track(event: String, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        record { it.track(unicode(event), properties?.let(::jsonObject), options?.ffi()) }

    /** Records a view of a page. */
    @JvmOverloads
    fun page(name: String? = null, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        record { it.page(name?.let(::unicode), properties?.let(::jsonObject), options?.ffi()) }

    /** Records a view of a screen. */
    @JvmOverloads
    fun screen(name: String? = null, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        record { it.screen(name?.let(::unicode), properties?.let(::jsonObject), options?.ffi()) }

    /**
     * Sets this device's user, from now on and until [reset] or another [identify]. Not for servers, where each request has a
     * user of its own: see [forUser].
     */
    @JvmOverloads
    fun identify(userId: String, traits: Map<String, Any?>? = null, options: EventOptions? = null) =
        record { it.identify(unicode(userId), traits?.let(::jsonObject), options?.ffi()) }

    /** Adds the user to a group, such as a company. */
    @JvmOverloads
    fun group(groupId: String, traits: Map<String, Any?>? = null, options: EventOptions? = null) =
        record { it.group(unicode(groupId), traits?.let(::jsonObject), options?.ffi()) }

    /** Gives the user another id: [userId] is the same person as the user before. */
    @JvmOverloads
    fun alias(userId: String, options: EventOptions? = null) = record { it.alias(unicode(userId), options?.ffi()) }

    /**
     * Returns a handle for the events of a user: for servers, where one client serves many. The client's own visitor
     * ([identify], [reset]) stays as it is.
     */
    fun forUser(userId: String) = Scope(this, userId, null)

    /** Returns a handle for the events of a visitor without a user id, such as the one of a web page's cookie. */
    fun forAnonymous(anonymousId: String) = Scope(this, null, anonymousId)

    /** Forgets the user, at a logout: a new anonymous id, no user id, no registered properties, but for what is kept. */
    @JvmOverloads
    fun reset(keepAnonymousId: Boolean = false, keepRegistered: Boolean = false) =
        record { it.reset(keepAnonymousId, keepRegistered) }

    /** Adds properties to every later track, page and screen. */
    fun register(properties: Map<String, Any?>) = record { it.register(jsonObject(properties)) }

    /** Removes one of the registered properties. */
    fun unregister(key: String) = record { it.unregister(unicode(key)) }

    /** Sets the user's consent. It holds for every later call, over kill and restart. */
    fun setConsent(consent: Consent) = record { it.setConsent(consent.ffi) }

    /** Replaces the context that [Settings.context] gave, for every later event. */
    fun setContext(context: Map<String, Any?>) = record { it.setContext(jsonObject(runtimeContext() + context)) }

    /** Sends again after the collector refused the write key and has learned it since. */
    fun resume() = record { it.resume() }

    /** Notes that the app came to the front. */
    fun foreground() = record { it.foreground() }

    /** Notes that the app left the front: what waits is made durable and sent. */
    fun background() = record { it.background() }

    /** Notes that the network is back: what waits is sent without the rest of the pause after a failure. */
    fun online() = record { it.online() }

    /**
     * Sends everything, and returns when the collector has acknowledged it. Blocks: not for the main thread.
     *
     * Returns at once when this client is disabled.
     *
     * @throws HollowayException.TimedOut [HollowayException.Refused] nothing is lost, what waits is sent later
     * @throws HollowayException.Rejected some events are lost, see [losses]
     * @throws HollowayException.Stopped after [shutdown] or [close]
     */
    @JvmOverloads
    fun flush(timeout: Duration = 10.seconds) {
        translated { native?.flush(timeout.ms) }
    }

    /** Does [flush] on a thread of its own; the future fails with the exceptions of [flush]. */
    @JvmOverloads
    fun flushAsync(timeout: Duration = 10.seconds): CompletableFuture<Unit> = inBackground { flush(timeout) }

    /** Does [flush] without blocking a thread of the caller's; throws the exceptions of [flush]. */
    suspend fun awaitFlush(timeout: Duration = 10.seconds) = flushAsync(timeout).awaited()

    /** [flush], then stops the client in any case. What was not sent in time is sent by the next one on this directory. */
    @JvmOverloads
    fun shutdown(timeout: Duration = 10.seconds) {
        translated { native?.shutdown(timeout.ms) }
    }

    /** Does [shutdown] on a thread of its own; the future fails with the exceptions of [shutdown]. */
    @JvmOverloads
    fun shutdownAsync(timeout: Duration = 10.seconds): CompletableFuture<Unit> = inBackground { shutdown(timeout) }

    /** Does [shutdown] without blocking a thread of the caller's; throws the exceptions of [shutdown]. */
    suspend fun awaitShutdown(timeout: Duration = 10.seconds) = shutdownAsync(timeout).awaited()

    /** Does [shutdown] and never throws: what could not be delivered is left to the next client. */
    override fun close() {
        try {
            shutdown()
        } catch (_: HollowayException) {
            // Kept on disk or counted: an app that wants to know calls shutdown.
        }
    }

    /** The device's id, which [reset] changes; empty when this client is disabled. */
    val anonymousId: String get() = native?.anonymousId().orEmpty()

    /** The user's id, after [identify]. */
    val userId: String? get() = native?.userId()

    /** Events that wait to be acknowledged. */
    val queuedEvents: Long get() = native?.queuedEvents()?.toLong() ?: 0

    /** Events lost since this client was made, by reason. A disabled client records none, and so loses none. */
    val losses: Map<String, Long> get() = native?.losses().orEmpty().mapValues { it.value.toLong() }

    /** Calls the native client, if there is one. Arguments are read inside, so that none of them can throw into the app. */
    private inline fun record(call: (HollowayClient) -> Unit) {
        val native = native ?: return
        try {
            call(native)
        } catch (e: Exception) {
            diagnostics.report(Diagnostic.Severity.Error, "a call was dropped: its arguments could not be read: $e")
        }
    }

    companion object {
        /**
         * Starts a client, and throws when it cannot be started.
         *
         * @throws HollowayException with a text that says which setting to change
         */
        @JvmStatic
        @JvmOverloads
        @Throws(HollowayException::class)
        fun open(writeKey: String, settings: Settings.() -> Unit = {}): Holloway {
            val start = Start.of(writeKey, settings)
            start.error?.let { throw it }
            return Holloway(start)
        }
    }
}

private val Duration.ms: ULong get() = inWholeMilliseconds.coerceAtLeast(0).toULong()

/** Runs on a daemon thread of its own: both calls block for as long as their timeout. */
private fun inBackground(run: () -> Unit): CompletableFuture<Unit> {
    val future = CompletableFuture<Unit>()
    val thread = Thread({
        try {
            run()
            future.complete(Unit)
        } catch (e: Throwable) {
            future.completeExceptionally(e)
        }
    }, "holloway-flush")
    thread.isDaemon = true
    thread.start()
    return future
}

private suspend fun CompletableFuture<Unit>.awaited() = suspendCoroutine { continuation ->
    whenComplete { _, error -> if (error == null) continuation.resume(Unit) else continuation.resumeWithException(error) }
}
