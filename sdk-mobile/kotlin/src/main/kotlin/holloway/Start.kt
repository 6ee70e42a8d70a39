package holloway

import holloway.ffi.HollowayClient
import holloway.ffi.HostQueue

/** How the start of a client ended: with a native client, or with the error that leaves it disabled. */
internal class Start(val native: HollowayClient?, val error: HollowayException?, val diagnostics: Diagnostics) {
    companion object {
        /** Starts a client. Never throws. */
        fun of(writeKey: String, configure: Settings.() -> Unit): Start {
            val settings = Settings()
            val error = try {
                settings.configure()
                return Start(native(settings, writeKey), null, Diagnostics(settings.onDiagnostic))
            } catch (e: HollowayException) {
                e
            } catch (e: LinkageError) {
                libraryMissing(e)
            } catch (e: Exception) {
                HollowayException.Start("the settings could not be read: $e", e)
            }
            val diagnostics = Diagnostics(settings.onDiagnostic)
            diagnostics.report(Diagnostic.Severity.Error, "this client is disabled, and records nothing: ${error.message}")
            return Start(null, error, diagnostics)
        }

        private fun native(settings: Settings, writeKey: String): HollowayClient = translated {
            val queue = HostQueue()
            val native = HollowayClient(settings.config(writeKey), queue)
            val transport = settings.transport ?: UrlConnectionTransport()
            Host(queue, transport, Diagnostics(settings.onDiagnostic)).start()
            native
        }

        private fun libraryMissing(e: LinkageError) = HollowayException.Start(
            "cannot load the native library holloway_mobile: expected it in the app's jniLibs, or in the folder that " +
                "-Djna.library.path names (${e.message?.lineSequence()?.firstOrNull()})",
            e,
        )
    }
}
