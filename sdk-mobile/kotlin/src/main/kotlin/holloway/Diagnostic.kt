package holloway

import java.util.logging.Level
import java.util.logging.Logger

/** Something that a developer may want to know about the client. */
class Diagnostic internal constructor(
    /** How much it matters. */
    val severity: Severity,
    /** One line that says what happened and what to do. */
    val message: String,
) {
    /** How much a diagnostic matters. */
    enum class Severity {
        /** Nothing is lost. */
        Info,

        /** Something to look at. */
        Warning,

        /** Recording or sending does not work. */
        Error,
    }

    override fun toString(): String = "$severity: $message"
}

/**
 * Writes diagnostics to the logger `holloway` of `java.util.logging` (logcat on Android, standard error on a JVM) and
 * hands them to the app's listener.
 */
internal class Diagnostics(private val listener: ((Diagnostic) -> Unit)?) {
    fun report(severity: Diagnostic.Severity, message: String) {
        try {
            LOGGER.log(severity.level, message)
            listener?.invoke(Diagnostic(severity, message))
        } catch (_: Exception) {
            // A handler or a listener of the app's own that throws must not stop what reports.
        }
    }

    private val Diagnostic.Severity.level: Level
        get() = when (this) {
            Diagnostic.Severity.Info -> Level.INFO
            Diagnostic.Severity.Warning -> Level.WARNING
            Diagnostic.Severity.Error -> Level.SEVERE
        }

    private companion object {
        val LOGGER: Logger = Logger.getLogger("holloway")
    }
}
