package shop

import holloway.Holloway
import holloway.StubCollector
import java.io.File
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The Android example's own logic, with a real client. */
class VisibilityTest {
    @TempDir
    lateinit var folder: File

    /** Plays starts and stops, and checks which screens were recorded as viewed. */
    private fun check(expected: List<String>, play: Visibility.() -> Unit) = StubCollector().use { collector ->
        Holloway.open("KEY") {
            host = collector.url
            directory(folder)
        }.use { Visibility(it).play() }
        assertEquals(expected, collector.events.map { it["name"].asString })
    }

    @Test
    fun `a rotation is no second view of a screen`() = check(listOf("Cart")) {
        started("Cart", "Cart")
        stopped("Cart", isChangingConfigurations = true)
        started("Cart", "Cart")
        stopped("Cart", isChangingConfigurations = true)
        started("Cart", "Cart")
    }

    @Test
    fun `screens that follow each other are a view each`() = check(listOf("Shop", "Cart", "Shop")) {
        started("Shop", "Shop")
        started("Cart", "Cart")
        stopped("Shop", isChangingConfigurations = false)
        started("Shop", "Shop")
        stopped("Cart", isChangingConfigurations = false)
    }

    @Test
    fun `coming back to the app is a view, also after a rotation`() = check(listOf("Cart", "Cart")) {
        started("Cart", "Cart")
        stopped("Cart", isChangingConfigurations = true)
        started("Cart", "Cart")
        stopped("Cart", isChangingConfigurations = false)
        started("Cart", "Cart")
    }

    @Test
    fun `the app goes to the background once, and not by a rotation`() = StubCollector().use { collector ->
        // Only `background` sends a single event this early; the test would wait for it in vain otherwise.
        Holloway.open("KEY") {
            host = collector.url
            directory(folder)
            flushInterval = kotlin.time.Duration.parse("1h")
        }.use { hw ->
            val visibility = Visibility(hw)
            visibility.started("Cart", "Cart")
            visibility.stopped("Cart", isChangingConfigurations = true)
            visibility.started("Cart", "Cart")
            visibility.stopped("Cart", isChangingConfigurations = false)
            collector.awaitBatch()
        }
        assertEquals(1, collector.batches.size)
    }
}
