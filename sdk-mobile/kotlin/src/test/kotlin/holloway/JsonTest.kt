package holloway

import java.math.BigDecimal
import java.nio.file.Path
import java.time.Instant
import java.util.Date
import java.util.UUID
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class JsonTest {
    private enum class Plan { Pro }

    private fun check(value: Any?, expected: String) = assertEquals("""{"v":$expected}""", jsonObject(mapOf("v" to value)))

    @Test
    fun `values of JSON are written as they are`() {
        check(null, "null")
        check(true, "true")
        check(Long.MIN_VALUE, "-9223372036854775808")
        check(ULong.MAX_VALUE, "18446744073709551615")
        check(0.1, "0.1")
        check(1e10, "1.0E10")
        check("é\"\\\n\u0001", "\"é\\\"\\\\\\n\\u0001\"")
        check(listOf(1, arrayOf(2, mapOf("a" to 3))), """[1,[2,{"a":3}]]""")
        check(mapOf(1 to "a", Plan.Pro to "b"), """{"1":"a","Pro":"b"}""")
        check(intArrayOf(1, 2), "[1,2]")
        assertEquals("{}", jsonObject(emptyMap()))
    }

    @Test
    fun `other values become the nearest value of JSON`() {
        check(Instant.ofEpochMilli(1_700_000_000_250), "\"2023-11-14T22:13:20.250Z\"")
        check(Date(0), "\"1970-01-01T00:00:00Z\"")
        check(BigDecimal("19.90"), "\"19.90\"")
        check(UUID(0, 1), "\"00000000-0000-0000-0000-000000000001\"")
        check(Plan.Pro, "\"Pro\"")
        check('x', "\"x\"")
        check(byteArrayOf(0, -1), "\"AP8=\"")
        check(sequenceOf(1), "[1]")
        check(shortArrayOf(1), "[1]")
        check(charArrayOf('a', 'b'), "\"ab\"")
        check(Path.of("a", "b"), "\"a/b\"")
    }

    @Test
    fun `what JSON has no word for does not throw`() {
        check(Double.NaN, "null")
        check(Float.NEGATIVE_INFINITY, "null")
        check("cut \uD83D", "\"cut \uFFFD\"")
        check("\uDE00\uD83D\uDE00", "\"\uFFFD\uD83D\uDE00\"")
        val broken = object {
            override fun toString(): String = error("no words")
        }
        assertEquals("not JSON: java.lang.IllegalStateException: no words", jsonObject(mapOf("v" to broken)))
    }

    @Test
    fun `a list that contains itself comes to an end`() {
        val loop = mutableListOf<Any>()
        loop.add(loop)
        assertEquals(DEPTH_MAX, jsonObject(mapOf("v" to loop)).count { it == '[' })
    }

    @Test
    fun `values without an end, or that call themselves, come to an end`() {
        fun check(value: Any) = assertTrue(jsonObject(mapOf("v" to value)).startsWith("not JSON: "))
        check(generateSequence(1) { it + 1 })
        val twice = mutableListOf<Any>()
        repeat(2) { twice.add(twice) }
        check(twice)
        class Node(var next: Node? = null) {
            override fun toString(): String = "node before $next"
        }
        check(Node().apply { next = this })
    }

    @Test
    fun `text that UTF-8 cannot hold is replaced`() {
        assertEquals("a\uFFFDb", unicode("a\uD800b"))
        assertEquals("\uD83D\uDE00", unicode("\uD83D\uDE00"))
    }
}
