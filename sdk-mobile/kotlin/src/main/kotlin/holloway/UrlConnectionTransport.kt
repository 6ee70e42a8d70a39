package holloway

import java.io.ByteArrayOutputStream
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.SocketTimeoutException
import java.net.URL

/** As long as two round trips of a bad mobile network. */
private const val CONNECT_TIMEOUT_MS = 10_000

/** A request that takes longer is tried again. */
private const val READ_TIMEOUT_MS = 20_000

/** A receipt of the largest batch is a quarter of this; what is longer comes from something that is no collector. */
private const val ANSWER_BYTES_MAX = 1024 * 1024

/** The platform's own HTTP stack, on Android and on every JVM. */
internal class UrlConnectionTransport(
    private val connectTimeoutMs: Int = CONNECT_TIMEOUT_MS,
    private val readTimeoutMs: Int = READ_TIMEOUT_MS,
) : HttpTransport {
    override fun send(request: HttpRequest): HttpResponse {
        val connection = URL(request.url).openConnection() as HttpURLConnection
        connection.connectTimeout = connectTimeoutMs
        connection.readTimeout = readTimeoutMs
        connection.instanceFollowRedirects = false
        connection.useCaches = false
        connection.requestMethod = "POST"
        request.headers.forEach(connection::setRequestProperty)
        connection.doOutput = true
        // The body is buffered by the connection on purpose: it is sent again at once where a kept-alive connection turns
        // out to be closed, and a 401 arrives as a status. Streaming modes do neither.
        connection.outputStream.use { it.write(request.body) }
        val status = connection.responseCode
        val stream = if (status >= HttpURLConnection.HTTP_BAD_REQUEST) connection.errorStream else connection.inputStream
        return HttpResponse(
            status = status,
            retryAfter = connection.getHeaderField("Retry-After"),
            date = connection.getHeaderField("Date"),
            body = stream?.use(::read) ?: ByteArray(0),
        )
    }

    /** Reads to the end, or as much as can be of use. The connection's own timeout starts anew with each read. */
    private fun read(stream: InputStream): ByteArray {
        val deadlineNs = System.nanoTime() + readTimeoutMs * 1_000_000L
        val body = ByteArrayOutputStream()
        val buffer = ByteArray(8 * 1024)
        while (body.size() < ANSWER_BYTES_MAX) {
            val bytes = stream.read(buffer)
            if (bytes < 0) break
            body.write(buffer, 0, bytes)
            if (System.nanoTime() - deadlineNs > 0) throw SocketTimeoutException("the answer takes longer than $readTimeoutMs ms")
        }
        return body.toByteArray()
    }
}
