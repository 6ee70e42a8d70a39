package holloway

import holloway.ffi.HollowayException as FfiException

/** What a client can tell its app. Calls that record something throw none of these: what cannot be sent is counted. */
sealed class HollowayException(message: String, cause: Throwable? = null) : Exception(message, cause) {
    /** The write key is empty. */
    class WriteKey internal constructor(message: String) : HollowayException(message)

    /** The host is not the origin of a collector, such as `https://events.example.com`. */
    class Host internal constructor(message: String) : HollowayException(message)

    /** Events cannot be kept in the directory. */
    class Directory internal constructor(message: String) : HollowayException(message)

    /** The native library is missing, or its thread or HTTP client does not start. */
    class Start internal constructor(message: String, cause: Throwable? = null) : HollowayException(message, cause)

    /** The collector has not acknowledged everything in time. Nothing is lost: what waits is sent later. */
    class TimedOut internal constructor(message: String) : HollowayException(message)

    /** The collector does not know the write key. Events wait until it does. */
    class Refused internal constructor(message: String) : HollowayException(message)

    /** Some events were not accepted and are lost; the others were delivered. */
    class Rejected internal constructor(message: String) : HollowayException(message)

    /** The client was shut down before. */
    class Stopped internal constructor(message: String) : HollowayException(message)

    /** A defect inside has turned this client off; the app goes on. */
    class Disabled internal constructor(message: String) : HollowayException(message)
}

/** Errors of the binding leave under the names of this package. */
internal inline fun <T> translated(call: () -> T): T = try {
    call()
} catch (e: FfiException) {
    throw e.translated()
}

@PublishedApi
internal fun FfiException.translated(): HollowayException {
    val text = message ?: "no reason given"
    return when (this) {
        is FfiException.WriteKey -> HollowayException.WriteKey(text)
        is FfiException.Host -> HollowayException.Host(text)
        is FfiException.Directory -> HollowayException.Directory(text)
        is FfiException.Start -> HollowayException.Start(text)
        is FfiException.TimedOut -> HollowayException.TimedOut(text)
        is FfiException.Refused -> HollowayException.Refused(text)
        is FfiException.Rejected -> HollowayException.Rejected(text)
        is FfiException.Stopped -> HollowayException.Stopped(text)
        is FfiException.Disabled -> HollowayException.Disabled(text)
    }
}
