package holloway

import holloway.ffi.Face
import holloway.ffi.HollowayConfig
import java.io.File
import java.util.Locale
import java.util.TimeZone
import kotlin.time.Duration

/** Settings of a client: what stands between the braces of `Holloway("KEY") { … }`. */
class Settings internal constructor() {
    /** The collector's origin. Default `http://127.0.0.1:8787`. */
    var host: String? = null

    /**
     * Where events wait: the path of a folder that only this client uses. On Android a folder of `noBackupFilesDir`, so that
     * a device that is restored from a backup does not send as the one before. Default `holloway-events` in the current
     * folder, which is of no use on Android.
     */
    var directory: String? = null

    /** Events after which a batch is sent. Default 20. */
    var flushAt: Int? = null

    /** Time after which a batch is sent. Default 30 s. */
    var flushInterval: Duration? = null

    /** Consent at the start; what the user said in a former run wins. Default granted. */
    var consent: Consent? = null

    /** Name of the app, for `context.app`. */
    var appName: String? = null

    /** Version of the app, for `context.app`; of no use without [appName]. */
    var appVersion: String? = null

    /** Context of every event, such as `app` and `device`; laid over os, locale and time zone. */
    var context: Map<String, Any?> = emptyMap()

    /** Sends batches by other means than [java.net.HttpURLConnection]. */
    var transport: HttpTransport? = null

    /** Receives what a developer may want to know, beside the log. Called on a thread of the client; may not block. */
    var onDiagnostic: ((Diagnostic) -> Unit)? = null

    /** Sets [directory]. */
    fun directory(folder: File) {
        directory = folder.path
    }

    internal fun config(writeKey: String) = HollowayConfig(
        writeKey = unicode(writeKey),
        face = Face.KOTLIN,
        host = host?.let(::unicode),
        directory = directory?.let(::unicode),
        flushAt = flushAt?.coerceAtLeast(0)?.toUInt(),
        flushIntervalMs = flushInterval?.inWholeMilliseconds?.coerceAtLeast(0)?.toULong(),
        consent = consent?.ffi,
        context = jsonObject(runtimeContext() + context),
        appName = appName?.let(::unicode),
        appVersion = appVersion?.let(::unicode),
    )
}

/**
 * Returns what every JVM knows. The native client adds `os` and the processor's architecture where it knows them; an Android
 * app adds `app`, `device` and `os` (examples/android shows how).
 */
internal fun runtimeContext(): Map<String, Any?> = mapOf(
    "locale" to Locale.getDefault().toLanguageTag(),
    "timezone" to TimeZone.getDefault().id,
)
