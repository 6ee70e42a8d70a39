package holloway

import holloway.ffi.HollowayException as FfiException

/** Why a client cannot start, or a flush cannot end. Calls that record something throw none of these. */
sealed class HollowayException(message: String, cause: Throwable? = null) : Exception(message, cause) {
    /** The write key is empty. */
    class WriteKey internal constructor(message: String) : HollowayException(message)

    /** A setting has a value that no client can work with; the text says which one. */
    class Setting internal constructor(message: String) : HollowayException(message)

    /** The host is not the origin of a collector, such as `https://events.example.com`. */
    class Host internal constructor(message: String) : HollowayException(message)

    /** Events cannot be kept in the directory. */
    class Directory internal constructor(message: String) : HollowayException(message)

    /** The native library is missing, or its thread does not start. */
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

/** Calls the binding, and throws its errors under the names of this package. */
internal inline fun <T> translated(call: () -> T): T = try {
    call()
} catch (e: FfiException) {
    throw e.translated()
}

internal fun FfiException.translated(): HollowayException {
    val text = message ?: "no reason given"
    return when (this) {
        is FfiException.WriteKey -> HollowayException.WriteKey(text)
        is FfiException.Setting -> HollowayException.Setting(text)
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
