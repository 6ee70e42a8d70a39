package holloway

import com.google.gson.JsonObject
import java.io.File
import java.time.Instant
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfSystemProperty
import org.junit.jupiter.api.io.TempDir

/** The client, over real HTTP on loopback. */
class HollowayTest {
    @TempDir
    lateinit var folder: File

    private val collector = StubCollector()

    @AfterEach
    fun closeCollector() = collector.close()

    private fun client(settings: Settings.() -> Unit = {}) = Holloway.open("KEY") {
        host = collector.url
        directory = folder.resolve("events").path
        settings()
    }

    private fun JsonObject.text(name: String): String? = get(name)?.asString

    @Test
    fun `every kind of event arrives in order`() {
        val hw = client()
        hw.track("Signed Up", mapOf("plan" to "pro", "price" to 19.9, "tags" to listOf("a")))
        hw.identify("u1", mapOf("email" to "a@example.com"))
        hw.page("Home")
        hw.screen("Cart", mapOf("items" to 2))
        hw.group("acme", mapOf("seats" to 5))
        hw.alias("u2")
        hw.flush()
        assertEquals(0, hw.queuedEvents)
        assertEquals(emptyMap<String, Long>(), hw.losses)
        assertEquals("u2", hw.userId)
        hw.close()

        val events = collector.events
        assertEquals(listOf("track", "identify", "page", "screen", "group", "alias"), events.map { it.text("type") })
        val (track, identify, page, screen, group) = events
        assertEquals("Signed Up", track.text("event"))
        assertEquals("""{"plan":"pro","price":19.9,"tags":["a"]}""", track["properties"].toString())
        assertNull(track["userId"])
        val context = track.getAsJsonObject("context")
        assertEquals("holloway-kotlin", context.getAsJsonObject("library").text("name"))
        assertEquals(java.util.TimeZone.getDefault().id, context.text("timezone"))
        assertEquals("u1", identify.text("userId"))
        assertEquals("""{"email":"a@example.com"}""", identify["traits"].toString())
        assertEquals("Home", page.text("name"))
        assertEquals("Cart", screen.text("name"))
        assertEquals("acme", group.text("groupId"))
        assertEquals("u1", events[5].text("previousId"))
        assertEquals(1, events.map { it.text("anonymousId") }.distinct().size)
        assertEquals(6, events.map { it.text("messageId") }.distinct().size)
        assertEquals(setOf("KEY"), collector.batches.map { it.text("writeKey") }.toSet())
    }

    @Test
    fun `registered properties are on later events until reset`() {
        client().use { hw ->
            hw.register(mapOf("build" to 7, "beta" to true))
            hw.unregister("beta")
            hw.track("A", mapOf("x" to 1))
            hw.reset()
            hw.track("B")
        }
        val (a, b) = collector.events
        assertEquals(setOf("build", "x"), a.getAsJsonObject("properties").keySet())
        assertTrue(b.getAsJsonObject("properties")?.keySet().orEmpty().isEmpty())
        assertNotEquals(a.text("anonymousId"), b.text("anonymousId"))
    }

    @Test
    fun `an event may bring its own id, time and context`() {
        client { context = mapOf("app" to mapOf("name" to "shop")) }.use { hw ->
            val options = EventOptions("order-7", Instant.ofEpochMilli(1_700_000_000_250), mapOf("locale" to "de-AT"))
            hw.track("Paid", options = options)
        }
        val event = collector.events.single()
        assertEquals("order-7", event.text("messageId"))
        assertEquals("2023-11-14T22:13:20.250Z", event.text("timestamp"))
        val context = event.getAsJsonObject("context")
        assertEquals("de-AT", context.text("locale"))
        assertEquals("shop", context.getAsJsonObject("app").text("name"))
    }

    @Test
    fun `text that UTF-8 cannot hold does not break the app`() {
        client().use { hw ->
            hw.track("cut \uD83D", mapOf("k\uD83D" to Double.NaN))
            hw.identify("u\uD800")
        }
        val (track, identify) = collector.events
        assertEquals("cut \uFFFD", track.text("event"))
        assertEquals("{\"k\uFFFD\":null}", track["properties"].toString())
        assertEquals("u\uFFFD", identify.text("userId"))
    }

    @Test
    fun `properties that cannot be written are a counted loss`() {
        val broken = object {
            override fun toString(): String = error("no words")
        }
        client().use { hw ->
            hw.track("Lost", mapOf("v" to broken))
            hw.track("Kept")
            hw.flush()
            assertEquals(1, hw.losses.values.sum(), hw.losses.toString())
        }
        assertEquals(listOf("Kept"), collector.events.map { it.text("event") })
    }

    @Test
    fun `events of many threads all arrive once`() {
        val hw = client()
        val threads = Executors.newFixedThreadPool(8)
        repeat(8) { t -> threads.execute { repeat(100) { hw.track("T", mapOf("n" to t * 100 + it)) } } }
        threads.shutdown()
        assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS))
        hw.shutdown()
        val numbers = collector.events.map { it.getAsJsonObject("properties")["n"].asInt }
        assertEquals((0 until 800).toList(), numbers.sorted())
    }

    @Test
    fun `events of an outage are sent by the next client`() {
        collector.status = 503
        val hw = client()
        hw.track("Kept")
        assertThrows(HollowayException.TimedOut::class.java) { hw.flush(200.milliseconds) }
        assertThrows(HollowayException.TimedOut::class.java) { hw.shutdown(200.milliseconds) }
        assertThrows(HollowayException.Stopped::class.java) { hw.flush() }
        collector.status = 200
        client().use { it.flush() }
        assertEquals(listOf("Kept"), collector.events.map { it.text("event") })
    }

    @Test
    fun `a refused key says so`() {
        collector.status = 401
        val hw = client()
        hw.track("Kept")
        val refused = assertThrows(HollowayException.Refused::class.java) { hw.flush() }
        assertTrue("write key" in refused.message.orEmpty(), refused.message)
        collector.status = 200
        hw.resume()
        hw.setContext(mapOf("app" to mapOf("name" to "shop")))
        hw.track("Later")
        hw.shutdown()
        assertEquals(listOf("Kept", "Later"), collector.events.map { it.text("event") })
        assertEquals("shop", collector.events[1].getAsJsonObject("context").getAsJsonObject("app").text("name"))
    }

    @Test
    fun `nothing is sent when consent is denied`() {
        client { consent = Consent.Unknown }.use { hw ->
            hw.track("Before")
            hw.setConsent(Consent.Denied)
            hw.track("After")
        }
        assertEquals(emptyList<String>(), collector.events.filter { it.text("type") == "track" })
    }

    @Test
    fun `calls after close do nothing`() {
        val hw = client()
        hw.close()
        hw.track("Late")
        hw.foreground()
        hw.close()
        assertEquals(emptyList<JsonObject>(), collector.events)
    }

    @Test
    @EnabledIfSystemProperty(named = "holloway.program", matches = ".+", disabledReason = "HOLLOWAY_BIN names no program")
    fun `the real collector stores every event once`() {
        RealCollector(System.getProperty("holloway.program"), folder.resolve("data")).use { real ->
            client { host = real.url }.use { hw ->
                hw.identify("u1", mapOf("plan" to "pro"))
                repeat(50) { hw.track("Counted", mapOf("n" to it)) }
                hw.flush()
            }
            assertEquals(mapOf("stored" to 51), real.fates())
        }
    }
}
