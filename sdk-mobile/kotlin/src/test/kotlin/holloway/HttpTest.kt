package holloway

import java.io.File
import java.io.IOException
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What goes over the wire, by the JVM's own HTTP stack. */
class HttpTest {
    @TempDir
    lateinit var folder: File

    private val collector = StubCollector()
    private val diagnostics = CopyOnWriteArrayList<Diagnostic>()

    @AfterEach
    fun closeCollector() = collector.close()

    private fun client(settings: Settings.() -> Unit = {}) = Holloway.open("KEY") {
        host = collector.url
        directory(folder)
        onDiagnostic = { diagnostics.add(it) }
        settings()
    }

    @Test
    fun `a request has key, id and type, and is packed when it is large`() {
        client().use { hw ->
            hw.track("Small")
            hw.flush()
            hw.track("Large", mapOf("text" to "x".repeat(5_000)))
            hw.flush()
        }
        val (small, large) = collector.requests
        assertEquals("/v1/batch", small.path)
        assertEquals("Basic S0VZOg==", small.headers["authorization"])
        assertEquals("application/json", small.headers["content-type"])
        assertTrue(small.headers["user-agent"].orEmpty().startsWith("holloway-kotlin/"), small.headers.toString())
        assertTrue(small.headers["idempotency-key"].orEmpty().isNotEmpty(), small.headers.toString())
        assertNull(small.headers["content-encoding"])
        assertEquals("gzip", large.headers["content-encoding"])
        assertTrue(large.headers.getValue("content-length").toInt() < 1_000, large.headers.toString())
        assertEquals(listOf("Small", "Large"), collector.events.map { it["event"].asString })
    }

    @Test
    fun `failures are tried again with the same batch, and a redirect is not followed`() {
        for (status in listOf(302, 307, 408, 500, 503)) {
            collector.requests.clear()
            collector.batches.clear()
            collector.answers.add(Answer(status, mapOf("Location" to "${collector.url}/elsewhere")))
            client().use { hw ->
                hw.track("Kept")
                hw.flush(20.seconds)
            }
            val (first, second) = collector.requests
            assertEquals(listOf("/v1/batch", "/v1/batch"), listOf(first.path, second.path), "$status")
            assertEquals(first.headers["idempotency-key"], second.headers["idempotency-key"], "$status")
            assertEquals(listOf("Kept"), collector.events.map { it["event"].asString }, "$status")
            assertEquals(2, collector.requests.size, "$status")
        }
        val redirect = diagnostics.first()
        assertTrue("redirect (302)" in redirect.message && "set host" in redirect.message, redirect.message)
        assertTrue("reach ${collector.url}/v1/batch again" in diagnostics[1].message, diagnostics.toString())
    }

    @Test
    fun `Retry-After is waited for`() {
        collector.answers.add(Answer(429, mapOf("Retry-After" to "1")))
        client().use { hw ->
            hw.track("Shed")
            hw.flush(20.seconds)
        }
        val (first, second) = collector.requests
        val waitedMs = (second.atNs - first.atNs) / 1_000_000
        assertTrue(waitedMs >= 1_000, "$waitedMs ms")
    }

    @Test
    fun `a collector that does not answer is given up and asked again`() {
        collector.answers.add(Answer(0))
        client { transport = UrlConnectionTransport(connectTimeoutMs = 200, readTimeoutMs = 200) }.use { hw ->
            hw.track("Kept")
            hw.flush(20.seconds)
        }
        assertEquals(listOf("Kept"), collector.events.map { it["event"].asString })
        assertTrue("SocketTimeoutException" in diagnostics.first().message, diagnostics.toString())
    }

    @Test
    fun `a closed port is named`() {
        collector.close()
        val hw = client()
        hw.track("Kept")
        val error = assertThrows(HollowayException.TimedOut::class.java) { hw.flush(2.seconds) }
        assertTrue("1 events still wait" in error.message.orEmpty(), error.message)
        assertTrue("refused" in error.message.orEmpty(), error.message)
        hw.close()
    }

    @Test
    fun `a key that is not known is a diagnostic`() {
        collector.status = 401
        client().use { hw ->
            hw.track("Kept")
            assertThrows(HollowayException.Refused::class.java) { hw.flush() }
        }
        assertTrue("does not know the write key (401)" in diagnostics.first().message, diagnostics.toString())
    }

    @Test
    fun `a transport of the app's own may throw anything`() {
        val failures = listOf(IOException("no network"), IllegalStateException("a defect"), StackOverflowError())
        val left = failures.toMutableList()
        val own = UrlConnectionTransport()
        client {
            transport = HttpTransport { left.removeFirstOrNull()?.let { e -> throw e } ?: own.send(it) }
        }.use { hw ->
            hw.track("Kept")
            hw.flush(30.seconds)
        }
        assertEquals(listOf("Kept"), collector.events.map { it["event"].asString })
        assertTrue("no network" in diagnostics.first().message, diagnostics.toString())
    }

    @Test
    fun `an event that is lost is a diagnostic that names it`() {
        val received = LinkedBlockingQueue<Diagnostic>()
        client { onDiagnostic = { received.add(it) } }.use { hw ->
            hw.track("Huge", mapOf("text" to "x".repeat(100_000)))
            val diagnostic = checkNotNull(received.poll(20, TimeUnit.SECONDS)) { "no diagnostic came" }
            assertEquals(Diagnostic.Severity.Warning, diagnostic.severity)
            assertTrue("Huge" in diagnostic.message, diagnostic.message)
        }
    }

    @Test
    fun `a listener that throws stops nothing`() {
        collector.answers.add(Answer(503))
        client { onDiagnostic = { error("a listener's defect") } }.use { hw ->
            hw.track("Kept")
            hw.flush(20.seconds)
        }
        assertEquals(listOf("Kept"), collector.events.map { it["event"].asString })
    }

    @Test
    fun `a flush that is awaited ends as the blocking one does`() {
        val hw = client()
        hw.track("Awaited")
        hw.flushAsync().get()
        assertEquals(null, outcome { hw.awaitFlush() })
        assertEquals(listOf("Awaited"), collector.events.map { it["event"].asString })
        collector.status = 503
        hw.track("Kept")
        assertEquals(HollowayException.TimedOut::class, outcome { hw.awaitFlush(100.milliseconds) }?.let { it::class })
        assertEquals(HollowayException.TimedOut::class, outcome { hw.awaitShutdown(100.milliseconds) }?.let { it::class })
        assertEquals(HollowayException.Stopped::class, outcome { hw.awaitFlush() }?.let { it::class })
    }
}
