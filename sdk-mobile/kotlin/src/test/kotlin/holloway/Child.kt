package holloway

import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.time.Duration.Companion.seconds

/**
 * Runs one client in a JVM of its own, records one event, flushes, and prints what happened, a line for each fact. Ends
 * without closing the client, as apps do.
 */
object Child {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (url, folder, timeoutSeconds) = arguments
        val hw = Holloway("KEY") {
            host = url
            directory = folder
            onDiagnostic = { println("diagnostic $it") }
        }
        println("enabled ${hw.isEnabled}")
        hw.track("From A Child")
        try {
            hw.flush(timeoutSeconds.toInt().seconds)
            println("flushed")
        } catch (e: HollowayException) {
            println("${e.javaClass.simpleName} ${e.message}")
        }
        println("queued ${hw.queuedEvents} losses ${hw.losses}")
    }

    /** Runs [main] in a new JVM with these options, and answers the lines that it printed. */
    fun run(options: List<String>, url: String, folder: File, timeoutSeconds: Int): List<String> {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classPath = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        // The last one of two options of the same name holds.
        val library = "-Djna.library.path=${System.getProperty("jna.library.path")}"
        val command = listOf(java, "-cp", classPath, library) + options +
            listOf(Child::class.java.name, url, folder.path, timeoutSeconds.toString())
        val errors = File.createTempFile("child", ".log")
        val process = ProcessBuilder(command).redirectError(errors).start()
        val lines = process.inputReader().readLines()
        check(process.waitFor(60, TimeUnit.SECONDS)) { "the child does not end" }
        check(process.exitValue() == 0) { errors.readText() }
        errors.delete()
        return lines
    }
}

/** Runs suspending code to its end without a coroutine library; answers what it threw. */
fun outcome(run: suspend () -> Unit): Throwable? {
    val end = java.util.concurrent.CompletableFuture<Throwable?>()
    run.startCoroutine(Continuation(EmptyCoroutineContext) { end.complete(it.exceptionOrNull()) })
    return end.get(20, TimeUnit.SECONDS)
}
