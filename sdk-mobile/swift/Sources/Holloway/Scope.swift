import Foundation

/// A handle for the events of one user of a server, where one client serves many; made by `Holloway.forUser` and
/// `Holloway.forAnonymous`. Cheap to make, may be used from any thread.
///
/// An event of it carries the given ids alone, and nothing of the client's own visitor: no identity, no session, no registered
/// properties. An id that is empty or white space alone is refused: the event is dropped, counted in `Holloway.losses`, and
/// never given to another visitor.
///
/// ```swift
/// let user = hw.forUser(request.userId).withContext(["ip": request.ip, "userAgent": request.userAgent])
/// user.track("Ordered", ["total": 12.5])
/// ```
public struct Scope: Sendable {
    let client: Holloway
    var userId: String?
    var anonymousId: String?
    var context: Properties = [:]

    /// Returns a handle with this user id too: events with both ids join the anonymous visitor to the user.
    public func withUserId(_ userId: String) -> Scope {
        var scope = self
        scope.userId = userId
        return scope
    }

    /// Returns a handle with this anonymous id too, such as the one of the web page's cookie.
    public func withAnonymousId(_ anonymousId: String) -> Scope {
        var scope = self
        scope.anonymousId = anonymousId
        return scope
    }

    /// Returns a handle with this context laid over the client's: `ip`, `userAgent`, `page` and `locale` of the request. With
    /// a `userAgent` the client's `os` and `device`, which are the server's, are left out.
    public func withContext(_ context: Properties) -> Scope {
        var scope = self
        scope.context.merge(context) { _, own in own }
        return scope
    }

    /// Records that the user did something.
    public func track(_ event: String, _ properties: Properties? = nil, options: EventOptions? = nil) {
        client.track(event, properties, options: of(options))
    }

    /// Records a view of a page.
    public func page(_ name: String? = nil, _ properties: Properties? = nil, options: EventOptions? = nil) {
        client.page(name, properties, options: of(options))
    }

    /// Records a view of a screen.
    public func screen(_ name: String? = nil, _ properties: Properties? = nil, options: EventOptions? = nil) {
        client.screen(name, properties, options: of(options))
    }

    /// Records traits of the user. With both ids it also joins the anonymous visitor to the user.
    public func identify(_ traits: Properties? = nil, options: EventOptions? = nil) {
        client.identify("", traits, options: of(options))
    }

    /// Adds the user to a group, such as a company.
    public func group(_ groupId: String, _ traits: Properties? = nil, options: EventOptions? = nil) {
        client.group(groupId, traits, options: of(options))
    }

    /// Records that the user was known as `previousId` before. Needs a user id.
    public func alias(_ previousId: String) {
        // The binding takes the former id from the options. An empty one is refused, and counted.
        var former = of(nil)
        former.userId = userId == nil ? "" : previousId
        former.anonymousId = nil
        client.alias(userId ?? "", options: former)
    }

    /// Returns the options of one event, whose ids and context go before the handle's.
    private func of(_ options: EventOptions?) -> EventOptions {
        var own = options ?? EventOptions()
        if !context.isEmpty {
            own.context = context.merging(own.context ?? [:]) { _, own in own }
        }
        own.userId = own.userId ?? userId
        own.anonymousId = own.anonymousId ?? anonymousId
        return own
    }
}
