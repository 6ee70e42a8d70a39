package holloway

/**
 * A handle for the events of one user of a server, where one client serves many; made by [Holloway.forUser] and
 * [Holloway.forAnonymous]. Cheap to make, may be used from any thread.
 *
 * An event of it carries the given ids alone, and nothing of the client's own visitor: no identity, no session, no registered
 * properties. An id that is empty or white space alone is refused: the event is dropped, counted in [Holloway.losses], and
 * never given to another visitor.
 *
 * ```
 * // Ktor: one client for the process, a handle for each request
 * post("/orders") {
 *     val user = hw.forUser(call.principal<User>()!!.id)
 *         .withContext(mapOf("ip" to call.request.origin.remoteHost, "userAgent" to call.request.userAgent()))
 *     user.track("Ordered", mapOf("total" to 12.5))
 * }
 * ```
 */
class Scope internal constructor(
    private val client: Holloway,
    private val userId: String?,
    private val anonymousId: String?,
    private val context: Map<String, Any?> = emptyMap(),
) {
    /** Returns a handle with this user id too: events with both ids join the anonymous visitor to the user. */
    fun withUserId(userId: String) = Scope(client, userId, anonymousId, context)

    /** Returns a handle with this anonymous id too, such as the one of the web page's cookie. */
    fun withAnonymousId(anonymousId: String) = Scope(client, userId, anonymousId, context)

    /**
     * Returns a handle with this context laid over the client's: `ip`, `userAgent`, `page` and `locale` of the request. With a
     * `userAgent` the client's `os` and `device`, which are the server's, are left out.
     */
    fun withContext(context: Map<String, Any?>) = Scope(client, userId, anonymousId, this.context.under(context))

    /** Records that the user did something. */
    @JvmOverloads
    fun track(event: String, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        client.track(event, properties, of(options))

    /** Records a view of a page. */
    @JvmOverloads
    fun page(name: String? = null, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        client.page(name, properties, of(options))

    /** Records a view of a screen. */
    @JvmOverloads
    fun screen(name: String? = null, properties: Map<String, Any?>? = null, options: EventOptions? = null) =
        client.screen(name, properties, of(options))

    /** Records traits of the user. With both ids it also joins the anonymous visitor to the user. */
    @JvmOverloads
    fun identify(traits: Map<String, Any?>? = null, options: EventOptions? = null) = client.identify("", traits, of(options))

    /** Adds the user to a group, such as a company. */
    @JvmOverloads
    fun group(groupId: String, traits: Map<String, Any?>? = null, options: EventOptions? = null) =
        client.group(groupId, traits, of(options))

    /** Records that the user was known as [previousId] before. Needs a user id. */
    fun alias(previousId: String) {
        // The binding takes the former id from the options. An empty one is refused, and counted.
        val former = if (userId == null) "" else previousId
        client.alias(userId.orEmpty(), of(null).copy(userId = former, anonymousId = null))
    }

    /** Returns the options of one event, whose ids and context go before the handle's. */
    private fun of(options: EventOptions?): EventOptions {
        val own = options ?: EventOptions()
        return own.copy(
            context = own.context?.let(context::under) ?: context,
            userId = own.userId ?: userId,
            anonymousId = own.anonymousId ?: anonymousId,
        )
    }
}

/** Returns these members with others laid over them. Never throws: see [Unreadable]. */
private fun Map<String, Any?>.under(over: Map<String, Any?>): Map<String, Any?> = try {
    this + over
} catch (e: Exception) {
    Unreadable(e)
}

/** Stands for a map that cannot be read, such as one that changes meanwhile: the client drops the event and counts it. */
private class Unreadable(private val cause: Exception) : AbstractMap<String, Any?>() {
    override val entries: Set<Map.Entry<String, Any?>> get() = throw cause
}
