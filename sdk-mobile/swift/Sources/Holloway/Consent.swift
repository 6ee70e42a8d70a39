import HollowayBindings

/// Whether this device may record and send.
public enum Consent: Sendable {
    /// Not asked yet: events stay in memory, up to a cap.
    case unknown
    /// Yes.
    case granted
    /// No: what was kept is wiped, and its deletion is asked for.
    case denied

    var ffi: HollowayBindings.Consent {
        switch self {
        case .unknown: .unknown
        case .granted: .granted
        case .denied: .denied
        }
    }
}
