import Holloway
import SwiftUI

/// The app's one client, made before any screen is shown, and told when the app comes and goes.
@main
struct ShopApp: App {
    @Environment(\.scenePhase) private var phase
    private let analytics = Analytics.shared

    var body: some Scene {
        WindowGroup {
            CartView()
        }
        .onChange(of: phase) { _, now in
            switch now {
            case .active: analytics.foreground()
            case .background: analytics.background()
            default: break
            }
        }
    }
}
