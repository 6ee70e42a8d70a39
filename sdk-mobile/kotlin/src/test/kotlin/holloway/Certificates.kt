package holloway

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpsConfigurator
import com.sun.net.httpserver.HttpsServer
import java.io.File
import java.net.HttpURLConnection
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.security.KeyStore
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext

private const val PASSWORD = "password"

/** A certificate authority of the test's own, and a certificate for 127.0.0.1 that it has signed; made by `keytool`. */
class Certificates(private val folder: File) {
    /** Trusts the authority: for `-Djavax.net.ssl.trustStore`. */
    val trusted = folder.resolve("trusted.p12")
    private val authority = folder.resolve("authority.p12")
    private val server = folder.resolve("server.p12")

    /** Options of a JVM that trusts the authority, and nothing else. */
    val trustOptions = listOf("-Djavax.net.ssl.trustStore=${trusted.path}", "-Djavax.net.ssl.trustStorePassword=$PASSWORD")

    init {
        val (root, request, signed) = listOf("root.pem", "request.pem", "signed.pem").map { folder.resolve(it).path }
        keytool("-genkeypair", authority, "-alias", "root", "-dname", "CN=Test Authority", "-keyalg", "EC", "-ext", "bc:c")
        keytool("-exportcert", authority, "-alias", "root", "-rfc", "-file", root)
        keytool("-importcert", trusted, "-alias", "root", "-file", root, "-noprompt")
        keytool("-genkeypair", server, "-alias", "server", "-dname", "CN=127.0.0.1", "-keyalg", "EC")
        keytool("-certreq", server, "-alias", "server", "-file", request)
        keytool(
            "-gencert", authority, "-alias", "root", "-ext", "san=ip:127.0.0.1", "-rfc", "-infile", request, "-outfile", signed,
        )
        keytool("-importcert", server, "-alias", "root", "-file", root, "-noprompt")
        keytool("-importcert", server, "-alias", "server", "-file", signed, "-noprompt")
    }

    /** What a TLS server needs to show the certificate. */
    fun serverContext(): SSLContext {
        val store = KeyStore.getInstance(server, PASSWORD.toCharArray())
        val keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm())
        keys.init(store, PASSWORD.toCharArray())
        return SSLContext.getInstance("TLS").apply { init(keys.keyManagers, null, null) }
    }

    private fun keytool(verb: String, store: File, vararg words: String) {
        val program = File(System.getProperty("java.home"), "bin/keytool").path
        val command = listOf(program, verb, "-keystore", store.path, "-storepass", PASSWORD, *words)
        val process = ProcessBuilder(command).redirectErrorStream(true).start()
        val out = process.inputReader().readText()
        check(process.waitFor() == 0) { "$command: $out" }
    }
}

/** Speaks TLS on a free port, and hands every request on to a collector that does not. */
class TlsProxy(certificates: Certificates, private val collector: String) : AutoCloseable {
    private val server = HttpsServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0).apply {
        httpsConfigurator = HttpsConfigurator(certificates.serverContext())
        createContext("/") { it.use(::handOn) }
        start()
    }
    val url = "https://127.0.0.1:${server.address.port}"

    private fun handOn(exchange: HttpExchange) {
        val connection = URI(collector + exchange.requestURI).toURL().openConnection() as HttpURLConnection
        connection.requestMethod = exchange.requestMethod
        for (name in listOf("Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key")) {
            exchange.requestHeaders.getFirst(name)?.let { connection.setRequestProperty(name, it) }
        }
        connection.doOutput = true
        connection.outputStream.use { exchange.requestBody.copyTo(it) }
        val body = connection.inputStream.readBytes()
        exchange.sendResponseHeaders(connection.responseCode, body.size.toLong())
        exchange.responseBody.write(body)
    }

    override fun close() = server.stop(0)
}
