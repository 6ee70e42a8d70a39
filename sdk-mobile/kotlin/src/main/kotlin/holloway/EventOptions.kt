package holloway

import java.time.Instant

/**
 * What an app may say about one event besides its properties.
 *
 * With [userId] or [anonymousId] the event is of that visitor and not of the client's own, as by [Holloway.forUser].
 */
data class EventOptions(
    /** The same id twice is stored once. Default: a new UUIDv7. */
    val messageId: String? = null,
    /** When it happened. Default: now. */
    val timestamp: Instant? = null,
    /** Laid over the client's context, such as `ip`, `userAgent` and `page` of a request. */
    val context: Map<String, Any?>? = null,
    /** The user of the event, in place of the client's own visitor. An empty id is refused, and the event counted as lost. */
    val userId: String? = null,
    /** The anonymous id of the event, in place of the client's own visitor. An empty id is refused likewise. */
    val anonymousId: String? = null,
) {
    internal fun ffi() = holloway.ffi.EventOptions(
        messageId = messageId?.let(::unicode),
        timestampMs = timestamp?.unixMs(),
        context = context?.let(::jsonObject),
        userId = userId?.let(::unicode),
        anonymousId = anonymousId?.let(::unicode),
    )
}

/** Milliseconds since 1970; an instant that no such number can say becomes the nearest one. */
private fun Instant.unixMs(): ULong = when {
    epochSecond < 0 -> 0u
    epochSecond >= Long.MAX_VALUE / 1000 -> Long.MAX_VALUE.toULong()
    else -> toEpochMilli().toULong()
}
