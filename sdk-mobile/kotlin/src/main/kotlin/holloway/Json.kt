package holloway

import java.math.BigDecimal
import java.math.BigInteger
import java.nio.file.Path
import java.time.temporal.TemporalAccessor
import java.util.Date
import java.util.UUID

/** Levels of nesting. What lies deeper is written as null, so that a value that contains itself comes to an end. */
internal const val DEPTH_MAX = 32

/** Characters after which a text is given up: the client drops an event of a thirtieth of it as too large. */
internal const val TEXT_MAX = 1024 * 1024

/**
 * Returns the JSON text of a map. Never throws: a value that has no form in JSON is written as its `toString`.
 *
 * A map that cannot be read, such as one that changes meanwhile, has no end, or holds a `toString` that throws, gives a text
 * that is no JSON, which the client drops and counts.
 */
internal fun jsonObject(values: Map<String, Any?>): String = try {
    StringBuilder().apply { write(values, 0) }.toString()
} catch (e: Exception) {
    "not JSON: $e"
} catch (e: StackOverflowError) {
    // A `toString` that calls itself, as of two data classes that hold each other.
    "not JSON: $e"
}

/** Returns the text with U+FFFD for half a surrogate pair, as of a cut emoji: UTF-8 has no bytes for it. */
internal fun unicode(text: String): String {
    if (text.none { it.isSurrogate() }) return text
    return StringBuilder(text.length).apply { appendUnicode(text) { append(it) } }.toString()
}

private fun StringBuilder.write(value: Any?, depth: Int) {
    check(length <= TEXT_MAX) { "more than $TEXT_MAX characters" }
    when {
        value == null || depth > DEPTH_MAX -> append("null")
        value is Boolean -> append(value)
        value is Byte || value is Short || value is Int || value is Long -> append(value)
        value is UInt || value is ULong || value is UShort || value is UByte -> append(value)
        value is BigInteger -> append(value)
        // As text, so that no digit is lost on the way through readers that have only doubles.
        value is BigDecimal -> writeText(value.toPlainString())
        value is Double -> append(if (value.isFinite()) value.toString() else "null")
        value is Float -> append(if (value.isFinite()) value.toString() else "null")
        value is CharSequence || value is Char -> writeText(value.toString())
        value is Enum<*> -> writeText(value.name)
        // A path is a list of its own parts, and so of itself.
        value is Path -> writeText(value.toString())
        value is Map<*, *> -> writeMap(value, depth)
        value is Iterable<*> -> writeList(value.iterator(), depth)
        value is Sequence<*> -> writeList(value.iterator(), depth)
        value is Array<*> -> writeList(value.iterator(), depth)
        value is IntArray -> writeList(value.iterator(), depth)
        value is ShortArray -> writeList(value.iterator(), depth)
        value is CharArray -> writeText(value.concatToString())
        value is LongArray -> writeList(value.iterator(), depth)
        value is DoubleArray -> writeList(value.iterator(), depth)
        value is FloatArray -> writeList(value.iterator(), depth)
        value is BooleanArray -> writeList(value.iterator(), depth)
        value is ByteArray -> writeText(java.util.Base64.getEncoder().encodeToString(value))
        value is Date -> writeText(value.toInstant().toString())
        value is TemporalAccessor || value is UUID -> writeText(value.toString())
        else -> writeText(value.toString())
    }
}

private fun StringBuilder.writeMap(map: Map<*, *>, depth: Int) {
    append('{')
    var first = true
    for ((key, value) in map) {
        if (!first) append(',')
        first = false
        writeText(if (key is Enum<*>) key.name else key.toString())
        append(':')
        write(value, depth + 1)
    }
    append('}')
}

private fun StringBuilder.writeList(items: Iterator<*>, depth: Int) {
    append('[')
    var first = true
    for (item in items) {
        if (!first) append(',')
        first = false
        write(item, depth + 1)
    }
    append(']')
}

private fun StringBuilder.writeText(text: String) {
    append('"')
    appendUnicode(text) {
        when {
            it == '"' || it == '\\' -> append('\\').append(it)
            it == '\n' -> append("\\n")
            it == '\r' -> append("\\r")
            it == '\t' -> append("\\t")
            it < ' ' -> append("\\u").append(it.code.toString(16).padStart(4, '0'))
            else -> append(it)
        }
    }
    append('"')
}

private inline fun StringBuilder.appendUnicode(text: String, write: (Char) -> Unit) {
    var i = 0
    while (i < text.length) {
        val char = text[i]
        if (char.isHighSurrogate() && i + 1 < text.length && text[i + 1].isLowSurrogate()) {
            append(char).append(text[i + 1])
            i += 2
            continue
        }
        write(if (char.isSurrogate()) '\uFFFD' else char)
        i += 1
    }
}
