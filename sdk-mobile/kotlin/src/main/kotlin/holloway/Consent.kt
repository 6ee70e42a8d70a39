package holloway

/** Whether this device may record and send. */
enum class Consent(internal val ffi: holloway.ffi.Consent) {
    /** Not asked yet: events stay in memory, up to a cap. */
    Unknown(holloway.ffi.Consent.UNKNOWN),

    /** Yes. */
    Granted(holloway.ffi.Consent.GRANTED),

    /** No: what was kept is wiped, and its deletion is asked for. */
    Denied(holloway.ffi.Consent.DENIED),
}
