import holloway.Holloway
import holloway.HollowayException
import holloway.Settings
import kotlin.concurrent.thread

/** A server of many users: one client, and each event says whose it is. Prints what the test reads. */
fun main() {
    val host = System.getenv("HOLLOWAY_HOST")
    twoUsers(host)
    wrongSettings(host)
}

private fun twoUsers(collector: String) {
    Holloway("server") { host = collector; directory = "events" }.use { hw ->
        val workers = listOf("ada", "bob").map { user ->
            thread { repeat(50) { turn -> hw.forUser(user).track("Bought", mapOf("turn" to turn, "by" to user)) } }
        }
        workers.forEach { it.join() }
        hw.forAnonymous("visitor-1").track("Looked")
        hw.flush()
        println("flushed: ${hw.queuedEvents} queued, lost ${hw.losses}")
    }
}

/** A start that fails gives a client that records nothing and says why. */
private fun wrongSettings(collector: String) {
    val cases: Map<String, Settings.() -> Unit> = mapOf(
        "unwritable" to { host = collector; directory = "/proc/holloway" },
        "no scheme" to { host = "events.example.com"; directory = "wrong" },
    )
    for ((what, settings) in cases) {
        try {
            val hw = Holloway("server", settings)
            hw.track("Unheard")
            println("$what: disabled")
        } catch (error: HollowayException) {
            println("$what: thrown: ${error.message}")
        }
    }
}
