package holloway

import holloway.ffi.HollowayClient
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
 * All calls may be made from any thread, and return at once but for [flush], [shutdown] and [close], which wait for the
 * network: keep those off the main thread. Nothing here needs to be closed on Android.
 *
 * @throws HollowayException with a text that says which setting to change
 */
class Holloway(writeKey: String, settings: Settings.() -> Unit = {}) : AutoCloseable {
    private val native: HollowayClient = open(Settings().apply(settings), writeKey)

    /** Somebody did something. */
    @JvmOverloads
    fun track(event: String, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        native.track(unicode(event), properties?.let(::jsonObject), options?.ffi())

    /** A page was viewed. */
    @JvmOverloads
    fun page(name: String? = null, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        native.page(name?.let(::unicode), properties?.let(::jsonObject), options?.ffi())

    /** A screen was viewed. */
    @JvmOverloads
    fun screen(name: String? = null, properties: Map<String, Any?>? = null) =
        native.screen(name?.let(::unicode), properties?.let(::jsonObject))

    /** This device's user is [userId], from now on and until [reset] or another [identify]. */
    @JvmOverloads
    fun identify(userId: String, traits: Map<String, Any?>? = null, options: EventOptions? = null) =
        native.identify(unicode(userId), traits?.let(::jsonObject), options?.ffi())

    /** The user belongs to a group, such as a company. */
    @JvmOverloads
    fun group(groupId: String, traits: Map<String, Any?>? = null) =
        native.group(unicode(groupId), traits?.let(::jsonObject))

    /** [userId] is the same user as the one whom this device knew until now. */
    fun alias(userId: String) = native.alias(unicode(userId))

    /** The user is gone: a new anonymous id, no user id, no registered properties, but for what is to be kept. */
    @JvmOverloads
    fun reset(keepAnonymousId: Boolean = false, keepRegistered: Boolean = false) =
        native.reset(keepAnonymousId, keepRegistered)

    /** Adds properties to every later track, page and screen. */
    fun register(properties: Map<String, Any?>) = native.register(jsonObject(properties))

    /** Takes one of the registered properties away. */
    fun unregister(key: String) = native.unregister(unicode(key))

    /** The user's decision. It holds for every later call, over kill and restart. */
    fun setConsent(consent: Consent) = native.setConsent(consent.ffi)

    /** Replaces the context that [Settings.context] gave, for every later event. */
    fun setContext(context: Map<String, Any?>) = native.setContext(jsonObject(runtimeContext() + context))

    /** The write key that the collector refused is known there now: sending goes on. */
    fun resume() = native.resume()

    /** The app is in front again. */
    fun foreground() = native.foreground()

    /** The app leaves the front: what waits is made durable and sent. */
    fun background() = native.background()

    /** The network is back: what waits is sent without the rest of the pause after a failure. */
    fun online() = native.online()

    /**
     * Sends everything, and returns when the collector has acknowledged it.
     *
     * @throws HollowayException.TimedOut [HollowayException.Refused] nothing is lost, what waits is sent later
     * @throws HollowayException.Rejected some events are lost, see [losses]
     */
    @JvmOverloads
    fun flush(timeout: Duration = 10.seconds) = translated { native.flush(timeout.ms) }

    /** [flush], then stops the client in any case. What was not sent in time is sent by the next one on this directory. */
    @JvmOverloads
    fun shutdown(timeout: Duration = 10.seconds) = translated { native.shutdown(timeout.ms) }

    /** As [shutdown], but what could not be delivered is left to the next client without a word. */
    override fun close() {
        try {
            shutdown()
        } catch (_: HollowayException) {
            // Kept on disk or counted: an app that wants to know calls shutdown.
        }
    }

    /** The device's id, which [reset] changes. */
    val anonymousId: String get() = native.anonymousId()

    /** The user's id, after [identify]. */
    val userId: String? get() = native.userId()

    /** Events that wait to be acknowledged. */
    val queuedEvents: Long get() = native.queuedEvents().toLong()

    /** Events lost since this client was made, by reason. */
    val losses: Map<String, Long> get() = native.losses().mapValues { it.value.toLong() }
}

private val Duration.ms: ULong get() = inWholeMilliseconds.coerceAtLeast(0).toULong()

private fun open(settings: Settings, writeKey: String): HollowayClient = try {
    translated { HollowayClient(settings.config(writeKey)) }
} catch (e: LinkageError) {
    throw HollowayException.Start(
        "cannot load the native library holloway_mobile: expected it in the app's jniLibs, or in the folder that " +
            "-Djna.library.path names (${e.message})",
        e,
    )
}
