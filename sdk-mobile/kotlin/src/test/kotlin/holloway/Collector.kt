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
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.zip.GZIPInputStream

/** A request that came to the [StubCollector]; header names are in lower case. */
class Request(val atNs: Long, val path: String, val headers: Map<String, String>)

/** An answer of the [StubCollector] in place of a receipt. A status of 0 is none, until the test ends. */
class Answer(val status: Int, val headers: Map<String, String> = emptyMap())

/** A collector that answers every batch with a receipt, or as it is told before, and keeps the events. */
class StubCollector : AutoCloseable {
    val batches: MutableList<JsonObject> = Collections.synchronizedList(mutableListOf())
    val events: List<JsonObject> get() = batches.flatMap { it.getAsJsonArray("batch") }.map { it.asJsonObject }
    val requests: MutableList<Request> = Collections.synchronizedList(mutableListOf())

    /** What to answer next, before anything else. */
    val answers = ConcurrentLinkedQueue<Answer>()

    @Volatile
    var status = 200

    private val arrived = LinkedBlockingQueue<JsonObject>()
    private val end = CountDownLatch(1)
    private val threads = Executors.newCachedThreadPool { Thread(it).apply { isDaemon = true } }
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0).apply {
        executor = threads
        createContext("/") { answer(it) }
        start()
    }
    val url = "http://127.0.0.1:${server.address.port}"

    /** Waits for the next batch that was accepted. */
    fun awaitBatch(): JsonObject = checkNotNull(arrived.poll(20, TimeUnit.SECONDS)) { "no batch came" }

    private fun answer(exchange: HttpExchange) = exchange.use {
        val zipped = it.requestHeaders.getFirst("Content-Encoding") == "gzip"
        val body = (if (zipped) GZIPInputStream(it.requestBody) else it.requestBody).readBytes().decodeToString()
        val headers = it.requestHeaders.entries.associate { (name, values) -> name.lowercase() to values.first() }
        requests.add(Request(System.nanoTime(), it.requestURI.path, headers))
        val answer = answers.poll() ?: Answer(status)
        if (answer.status == 0) {
            end.await()
            return
        }
        val batch = JsonParser.parseString(body).asJsonObject
        if (answer.status == 200) batches.add(batch)
        val results = batch.getAsJsonArray("batch").joinToString(",") { event ->
            """{"messageId":${event.asJsonObject["messageId"]},"verdict":"ok"}"""
        }
        val receipt = """{"results":[$results]}""".toByteArray()
        it.responseHeaders.add("Content-Type", "application/json")
        answer.headers.forEach { (name, value) -> it.responseHeaders.add(name, value) }
        it.sendResponseHeaders(answer.status, receipt.size.toLong())
        it.responseBody.write(receipt)
        if (answer.status == 200) arrived.add(batch)
    }

    override fun close() {
        end.countDown()
        server.stop(0)
        threads.shutdownNow()
    }
}

/** `holloway collect` on a free port. */
class RealCollector(private val program: String, private val data: File) : AutoCloseable {
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

    /** Runs the program on the collector's data folder, and answers what it prints as JSON. */
    fun run(vararg words: String): JsonObject {
        val process = ProcessBuilder(program, *words, "--data", data.path, "--json").start()
        val out = process.inputReader().readText()
        check(process.waitFor() == 0) { "${words.joinToString(" ")}: ${process.errorReader().readText()}" }
        return JsonParser.parseString(out).asJsonObject
    }

    override fun close() {
        process.destroy()
        check(process.waitFor(30, TimeUnit.SECONDS)) { "the collector does not stop" }
    }
}
