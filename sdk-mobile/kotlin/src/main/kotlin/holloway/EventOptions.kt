package holloway

import java.time.Instant

/** What an app may say about one event besides its properties. */
data class EventOptions(
    /** The same id twice is stored once. Default: a new UUIDv7. */
    val messageId: String? = null,
    /** When it happened. Default: now. */
    val timestamp: Instant? = null,
    /** Laid over the client's context. */
    val context: Map<String, Any?>? = null,
) {
    internal fun ffi() = holloway.ffi.EventOptions(
        messageId = messageId?.let(::unicode),
        timestampMs = timestamp?.unixMs(),
        context = context?.let(::jsonObject),
    )
}

/** Milliseconds since 1970; an instant that no such number can say becomes the nearest one. */
private fun Instant.unixMs(): ULong = when {
    epochSecond < 0 -> 0u
    epochSecond >= Long.MAX_VALUE / 1000 -> Long.MAX_VALUE.toULong()
    else -> toEpochMilli().toULong()
}
