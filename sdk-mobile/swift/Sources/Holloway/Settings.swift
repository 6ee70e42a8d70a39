import Foundation
import HollowayBindings

/// What is seldom set.
public struct Settings: Sendable {
    /// Events after which a batch is sent. Default 20.
    public var flushAt: Int?
    /// Seconds after which a batch is sent. Default 30.
    public var flushInterval: TimeInterval?
    /// Consent at the start; what the user said in a former run wins. Default granted.
    public var consent: Consent?
    /// Context of every event, such as `app` and `device`; laid over app, os, locale and time zone.
    public var context: Properties
    /// Sends batches by other means than `URLSession`.
    public var transport: (any HTTPTransport)?
    /// Receives what a developer may want to know, beside the log. Called on a thread of the client; may not block.
    public var onDiagnostic: (@Sendable (Diagnostic) -> Void)?

    public init(
        flushAt: Int? = nil, flushInterval: TimeInterval? = nil, consent: Consent? = nil, context: Properties = [:],
        transport: (any HTTPTransport)? = nil, onDiagnostic: (@Sendable (Diagnostic) -> Void)? = nil
    ) {
        self.flushAt = flushAt
        self.flushInterval = flushInterval
        self.consent = consent
        self.context = context
        self.transport = transport
        self.onDiagnostic = onDiagnostic
    }

    func config(writeKey: String, host: String, directory: String) -> HollowayConfig {
        HollowayConfig(
            writeKey: writeKey,
            face: .swift,
            host: host,
            directory: directory,
            flushAt: flushAt.map { UInt32(clamping: $0) },
            flushIntervalMs: flushInterval.map(milliseconds),
            consent: consent?.ffi,
            context: jsonObject(runtimeContext().merging(context) { _, own in own }))
    }
}

/// What Foundation knows without asking for anything that a privacy manifest must name.
func runtimeContext() -> Properties {
    var context: Properties = [
        "locale": Locale.current.identifier.replacingOccurrences(of: "_", with: "-"),
        "timezone": TimeZone.current.identifier,
    ]
    let version = ProcessInfo.processInfo.operatingSystemVersion
    context["os"] = [
        "name": osName,
        "version": "\(version.majorVersion).\(version.minorVersion).\(version.patchVersion)",
    ] as Properties
    if let info = Bundle.main.infoDictionary, let namespace = Bundle.main.bundleIdentifier {
        context["app"] = [
            "namespace": namespace,
            "version": info["CFBundleShortVersionString"] as? String ?? "",
            "build": info["CFBundleVersion"] as? String ?? "",
        ] as Properties
    }
    return context
}

#if os(iOS)
private let osName = "iOS"
#elseif os(macOS)
private let osName = "macOS"
#elseif os(tvOS)
private let osName = "tvOS"
#elseif os(watchOS)
private let osName = "watchOS"
#else
private let osName = "Linux"
#endif
