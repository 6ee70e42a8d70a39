package holloway

import java.io.IOException

/** A POST of one batch to the collector. */
class HttpRequest internal constructor(
    /** The whole URL. */
    val url: String,
    /** Header fields, to be sent as they are. */
    val headers: Map<String, String>,
    /** The body, compressed already where a header field says so. */
    val body: ByteArray,
)

/** What a server answered, whatever its status. */
class HttpResponse @JvmOverloads constructor(
    /** The status. */
    val status: Int,
    /** The header field `Retry-After`. */
    val retryAfter: String? = null,
    /** The header field `Date`. */
    val date: String? = null,
    /** The body: the collector's receipt. */
    val body: ByteArray = ByteArray(0),
)

/**
 * Sends batches. The default uses [java.net.HttpURLConnection], and so the certificates, proxies and network security
 * configuration of the app; an app that pins certificates or has an HTTP client of its own gives another one
 * ([Settings.transport]).
 */
fun interface HttpTransport {
    /**
     * Sends and waits for the answer. Called on a thread of the client, one request at a time.
     *
     * Does not retry and does not follow redirects: the client keeps a batch until it is acknowledged, and a redirect
     * followed as GET would look like an acknowledgement.
     *
     * @throws IOException when there was no answer; whatever else is thrown is treated alike
     */
    @Throws(IOException::class)
    fun send(request: HttpRequest): HttpResponse
}
