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
        timestampMs = timestamp?.toEpochMilli()?.coerceAtLeast(0)?.toULong(),
        context = context?.let(::jsonObject),
    )
}
