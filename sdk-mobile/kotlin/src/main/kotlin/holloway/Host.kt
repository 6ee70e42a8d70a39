package holloway

import holloway.ffi.HostQueue
import holloway.ffi.HostTask
import java.net.UnknownHostException
import javax.net.ssl.SSLException
import holloway.ffi.HttpResponse as FfiResponse

/** The thread that does what the native client leaves to its host: sends requests, and writes log lines. */
internal class Host(
    private val queue: HostQueue,
    private val transport: HttpTransport,
    private val diagnostics: Diagnostics,
) {
    /** The outcome of the request before, so that an outage is one line in the log and not one for each attempt. */
    private var lastFailure: String? = null

    /** Starts the thread, which ends when the client is gone. A daemon: a JVM may exit while it sends. */
    fun start() {
        val thread = Thread({ queue.use { run() } }, "holloway-http")
        thread.isDaemon = true
        thread.start()
    }

    private fun run() {
        while (true) {
            when (val task = queue.nextTask() ?: return) {
                is HostTask.Send -> send(task.request)
                is HostTask.Report -> diagnostics.report(task.severity.own, task.message)
            }
        }
    }

    private fun send(request: holloway.ffi.HttpRequest) {
        val failure = try {
            val response = transport.send(HttpRequest(request.url, request.headers, request.body))
            queue.answer(request.id, response.ffi())
            failure(response.status)
        } catch (e: Throwable) {
            // A transport of the app's own may throw anything: this thread goes on in any case.
            val reason = reason(e)
            queue.fail(request.id, reason)
            reason
        }
        if (failure == lastFailure) return
        lastFailure = failure
        if (failure == null) {
            diagnostics.report(Diagnostic.Severity.Info, "events reach ${request.url} again")
        } else {
            diagnostics.report(
                Diagnostic.Severity.Warning,
                "cannot deliver events to ${request.url}: $failure; they are kept and sent again later",
            )
        }
    }

    private fun HttpResponse.ffi() =
        FfiResponse(status.coerceIn(0, UShort.MAX_VALUE.toInt()).toUShort(), retryAfter, date, body)

    private val holloway.ffi.Severity.own: Diagnostic.Severity
        get() = when (this) {
            holloway.ffi.Severity.INFO -> Diagnostic.Severity.Info
            holloway.ffi.Severity.WARNING -> Diagnostic.Severity.Warning
            holloway.ffi.Severity.ERROR -> Diagnostic.Severity.Error
        }
}

/** Returns what is wrong with an answer; null for one that the client deals with silently. */
private fun failure(status: Int): String? = when (status) {
    in 300..399 -> "the answer is a redirect ($status), which is not followed: set host to the address that it leads to"
    401, 403 -> "the collector does not know the write key ($status)"
    404 -> "there is no collector at this address (404)"
    in 500..599 -> "the collector answers $status"
    else -> null
}

/** Returns what happened, in words that say what to change. */
private fun reason(e: Throwable): String = when (e) {
    is UnknownHostException -> "the name of the host is not found, or there is no network ($e)"
    is SSLException -> "no trusted connection: the certificate of the host must be one that this system trusts ($e)"
    is SecurityException -> "the app may not use the network: add the permission android.permission.INTERNET ($e)"
    else -> generateSequence(e) { it.cause }.take(CAUSES_MAX).joinToString(": ")
}

private const val CAUSES_MAX = 4
