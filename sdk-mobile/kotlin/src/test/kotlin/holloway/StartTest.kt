package holloway

import java.io.File
import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Starts that fail. */
class StartTest {
    @TempDir
    lateinit var folder: File

    /** Checks that a start fails with the same words in both forms, and that only one of them throws. */
    private fun check(
        kind: Class<out HollowayException>,
        words: String,
        key: String = "KEY",
        settings: Settings.() -> Unit,
    ) {
        val diagnostics = CopyOnWriteArrayList<Diagnostic>()
        val all: Settings.() -> Unit = {
            directory(folder.resolve("events"))
            onDiagnostic = { diagnostics.add(it) }
            settings()
        }
        val hw = Holloway(key, all)
        assertFalse(hw.isEnabled)
        val error = assertInstanceOf(kind, hw.startError)
        assertTrue(words in error.message.orEmpty(), error.message)
        val diagnostic = diagnostics.single()
        assertEquals(Diagnostic.Severity.Error, diagnostic.severity)
        assertEquals("this client is disabled, and records nothing: ${error.message}", diagnostic.message)
        assertEquals(error.message, assertThrows(kind) { Holloway.open(key, all) }.message)
        useEverything(hw)
        assertEquals(1, diagnostics.size - 1, "the second start reports too, and the calls do not")
    }

    /** Makes every call that there is; none may throw. */
    private fun useEverything(hw: Holloway) {
        hw.track("A", mapOf("b" to 1), EventOptions("id", Instant.now(), mapOf("c" to 2)))
        hw.page()
        hw.screen("A")
        hw.identify("u1", mapOf("plan" to "pro"))
        hw.group("acme")
        hw.alias("u2")
        hw.reset(keepAnonymousId = true)
        hw.register(mapOf("a" to 1))
        hw.unregister("a")
        hw.setConsent(Consent.Denied)
        hw.setContext(emptyMap())
        hw.resume()
        hw.foreground()
        hw.background()
        hw.online()
        hw.flush()
        hw.flushAsync().get()
        hw.shutdown()
        hw.shutdownAsync().get()
        hw.close()
        assertEquals("", hw.anonymousId)
        assertEquals(null, hw.userId)
        assertEquals(0, hw.queuedEvents)
        assertEquals(emptyMap<String, Long>(), hw.losses)
    }

    @Test
    fun `an empty write key`() = check(HollowayException.WriteKey::class.java, "write key", key = "") {}

    @Test
    fun `a host without a scheme`() =
        check(HollowayException.Host::class.java, "found \"example.com\"") { host = "example.com" }

    @Test
    fun `a folder that cannot be written`() {
        val file = folder.resolve("file").apply { writeText("") }
        check(HollowayException.Directory::class.java, "give a directory") { directory(file.resolve("sub")) }
    }

    @Test
    fun `settings that throw`() =
        check(HollowayException.Start::class.java, "the settings could not be read: java.lang.IllegalStateException: no folder") {
            error("no folder")
        }

    @Test
    fun `without the native library the app goes on`() {
        val lines = Child.run(listOf("-Djna.library.path=${folder.path}"), "http://127.0.0.1:9", folder, timeoutSeconds = 1)
        val (diagnostic, enabled, flushed, end) = lines
        assertTrue("cannot load the native library holloway_mobile" in diagnostic, diagnostic)
        assertTrue("jniLibs" in diagnostic, diagnostic)
        assertEquals(listOf("enabled false", "flushed", "queued 0 losses {}"), listOf(enabled, flushed, end))
        assertEquals(4, lines.size, "one line for the diagnostic")
    }

    @Test
    fun `no argument makes a call throw`() = StubCollector().use { collector ->
        val odd = mapOf<Any?, Any?>(null to null, 1.5 to Double.NaN, Consent.Granted to Duration.INFINITE)
        val endless = mapOf("numbers" to generateSequence(1) { it + 1 })
        val twice = mutableListOf<Any>()
        repeat(2) { twice.add(twice) }
        val diagnostics = CopyOnWriteArrayList<Diagnostic>()
        val hw = Holloway.open("KEY") {
            host = collector.url
            directory(folder)
            onDiagnostic = { diagnostics.add(it) }
        }
        hw.track("", mapOf("a" to odd))
        hw.track("Times", null, EventOptions("", Instant.MIN, emptyMap()))
        hw.track("Times", null, EventOptions("\uD800", Instant.MAX))
        hw.track("Endless", endless)
        hw.track("Cyclic", mapOf("twice" to twice))
        hw.track("Huge", mapOf("text" to "x".repeat(100_000)))
        hw.identify("", mapOf("a" to Thread.currentThread()))
        hw.alias("")
        hw.group("")
        hw.screen("\u0000")
        hw.register(endless)
        hw.setContext(mapOf("twice" to twice))
        hw.unregister("")
        // A caller in Java may pass null where Kotlin has no null.
        Holloway::class.java.getMethod("alias", String::class.java).invoke(hw, null)
        Holloway::class.java.getMethod("register", Map::class.java).invoke(hw, null)
        hw.track("Kept")
        hw.flush(Duration.INFINITE)
        hw.close()
        val names = collector.events.mapNotNull { it["event"]?.asString }
        assertEquals(listOf("Times", "Times", "Kept"), names)
        assertEquals(1, diagnostics.count { "arguments could not be read" in it.message }, "for the id that is null: $diagnostics")
        assertEquals(setOf("serialize", "too_large"), hw.losses.keys)
    }
}
