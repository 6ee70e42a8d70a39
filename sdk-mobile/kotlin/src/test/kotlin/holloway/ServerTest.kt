package holloway

import com.google.gson.JsonObject
import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfSystemProperty
import org.junit.jupiter.api.io.TempDir

/** One client of a server, many users. */
class ServerTest {
    @TempDir
    lateinit var folder: File

    private fun record(use: (Holloway) -> Unit): List<JsonObject> = StubCollector().use { collector ->
        Holloway.open("KEY") {
            host = collector.url
            directory(folder)
        }.use {
            use(it)
            it.flush()
            assertNull(it.userId, "no call changes the client's own visitor")
        }
        collector.events
    }

    private fun JsonObject.ids() = listOf("userId", "anonymousId", "previousId").map { get(it)?.asString }

    @Test
    fun `each event has the ids of its own visitor alone`() {
        val events = record { hw ->
            hw.register(mapOf("shared" to true))
            val ada = hw.forUser("ada")
            ada.identify(mapOf("plan" to "pro"))
            ada.track("Ordered", mapOf("total" to 12.5))
            hw.forAnonymous("cookie-7").page("Home")
            hw.forAnonymous("cookie-7").withUserId("bob").screen("Cart")
            hw.forUser("bob").withAnonymousId("cookie-7").group("acme", mapOf("seats" to 5))
            ada.alias("ada-old")
            hw.track("Paid", options = EventOptions(userId = "eve", anonymousId = "cookie-9"))
        }
        assertEquals(
            listOf(
                listOf("ada", null, null),
                listOf("ada", null, null),
                listOf(null, "cookie-7", null),
                listOf("bob", "cookie-7", null),
                listOf("bob", "cookie-7", null),
                listOf("ada", null, "ada-old"),
                listOf("eve", "cookie-9", null),
            ),
            events.map { it.ids() },
        )
        assertEquals("""{"total":12.5}""", events[1]["properties"].toString())
        assertTrue(events.none { it.getAsJsonObject("context").has("session") }, events.toString())
    }

    @Test
    fun `the context of a request is laid over the client's`() {
        val (bare, event) = record { hw ->
            hw.forUser("ada").track("Bare")
            hw.forUser("ada")
                .withContext(mapOf("ip" to "192.0.2.1", "userAgent" to "Mozilla/5.0", "locale" to "de-AT"))
                .withContext(mapOf("ip" to "192.0.2.2"))
                .track("Ordered", options = EventOptions(messageId = "order-7", context = mapOf("page" to mapOf("path" to "/cart"))))
        }
        assertEquals(setOf("library", "os", "device"), bare.getAsJsonObject("context").keySet(), "neither locale nor time zone")
        val context = event.getAsJsonObject("context")
        assertEquals("order-7", event["messageId"].asString)
        assertEquals("192.0.2.2", context["ip"].asString)
        assertEquals("de-AT", context["locale"].asString)
        assertEquals("""{"path":"/cart"}""", context["page"].toString())
        assertNull(context["os"], "the server's system is not the visitor's")
    }

    @Test
    fun `an empty id is a counted loss, and no one else's event`() {
        val events = record { hw ->
            hw.forUser("").track("Lost")
            hw.forAnonymous(" ").page("Lost")
            hw.forAnonymous("cookie-7").alias("ada")
            hw.track("Lost", options = EventOptions(userId = ""))
            hw.flush()
            assertEquals(mapOf("serialize" to 4L), hw.losses)
        }
        assertEquals(emptyList<JsonObject>(), events)
    }

    @Test
    fun `a context that cannot be read is a counted loss, and nothing is thrown`() {
        // As a map that another thread changes meanwhile.
        val broken = object : AbstractMap<String, Any?>() {
            override val entries: Set<Map.Entry<String, Any?>> get() = throw ConcurrentModificationException("changed")
        }
        val events = record { hw ->
            val ada = hw.forUser("ada").withContext(mapOf("ip" to "192.0.2.1"))
            ada.withContext(broken).track("Lost")
            ada.withContext(broken).withContext(mapOf("locale" to "de")).track("Lost")
            ada.track("Lost", options = EventOptions(context = broken))
            hw.forUser("ada").track("Lost", options = EventOptions(context = broken))
            hw.flush()
            assertEquals(mapOf("serialize" to 4L), hw.losses)
            ada.track("Kept")
        }
        assertEquals(listOf("Kept"), events.map { it["event"].asString })
    }

    @Test
    @EnabledIfSystemProperty(named = "holloway.program", matches = ".+", disabledReason = "HOLLOWAY_BIN names no program")
    fun `two users of one client are two people`() {
        RealCollector(System.getProperty("holloway.program"), folder.resolve("data")).use { real ->
            Holloway.open("KEY") {
                host = real.url
                directory(folder.resolve("events"))
            }.use { hw ->
                for ((user, total) in listOf("ada" to 1, "bob" to 2)) {
                    hw.forUser(user).identify(mapOf("name" to user))
                    repeat(total) { hw.forUser(user).track("Ordered") }
                }
                hw.flush()
            }
            assertEquals(mapOf("stored" to 5), real.fates())
            real.run("derive")
            val (ada, bob) = listOf("ada", "bob").map { user ->
                val person = real.run("person", user)
                val ids = person.getAsJsonArray("ids").map { it.asJsonObject["id"].asString }
                assertEquals(listOf(user), ids, "no id of the other one")
                person
            }
            assertTrue(ada["person_id"] != bob["person_id"], "$ada $bob")
            val orders = listOf(ada, bob).map { it.getAsJsonObject("profile").getAsJsonObject("event_counts")["Ordered"].asInt }
            assertEquals(listOf(1, 2), orders)
        }
    }
}
