package holloway

import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.util.Collections
import java.util.concurrent.TimeUnit
import java.util.zip.GZIPInputStream

/** A collector that answers every batch with a receipt, and keeps the events. */
class StubCollector : AutoCloseable {
    val batches: MutableList<JsonObject> = Collections.synchronizedList(mutableListOf())
    val events: List<JsonObject> get() = batches.flatMap { it.getAsJsonArray("batch") }.map { it.asJsonObject }

    @Volatile
    var status = 200

    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0).apply {
        createContext("/v1/batch") { answer(it) }
        start()
    }
    val url = "http://127.0.0.1:${server.address.port}"

    private fun answer(exchange: HttpExchange) = exchange.use {
        val zipped = it.requestHeaders.getFirst("Content-Encoding") == "gzip"
        val body = (if (zipped) GZIPInputStream(it.requestBody) else it.requestBody).readBytes().decodeToString()
        val batch = JsonParser.parseString(body).asJsonObject
        if (status == 200) batches.add(batch)
        val results = batch.getAsJsonArray("batch").joinToString(",") { event ->
            """{"messageId":${event.asJsonObject["messageId"]},"verdict":"ok"}"""
        }
        val receipt = """{"results":[$results]}""".toByteArray()
        it.responseHeaders.add("Content-Type", "application/json")
        it.sendResponseHeaders(status, receipt.size.toLong())
        it.responseBody.write(receipt)
    }

    override fun close() = server.stop(0)
}

/** `holloway collect` on a free port. */
class RealCollector(program: String, data: File) : AutoCloseable {
    private val process = ProcessBuilder(program, "collect", "--listen", "127.0.0.1:0", "--data", data.path)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()

    /** Its first line says where it listens. */
    val url: String = run {
        val line = process.inputReader().readLine() ?: error("$program collect printed nothing")
        Regex("""http://127\.0\.0\.1:\d+""").find(line)?.value ?: error("expected an address in the first line: $line")
    }

    /** Events by what became of them, without the zeros. */
    fun fates(): Map<String, Int> {
        val metrics = URI("$url/metrics").toURL().readText()
        return Regex("""holloway_events_total\{fate="(\w+)"\} (\d+)""").findAll(metrics)
            .associate { it.groupValues[1] to it.groupValues[2].toInt() }
            .filterValues { it > 0 }
    }

    override fun close() {
        process.destroy()
        check(process.waitFor(30, TimeUnit.SECONDS)) { "the collector does not stop" }
    }
}
