import Holloway
import SwiftUI

/// Makes the app's one client, before any screen is shown.
@main
struct ShopApp: App {
    init() {
        _ = Analytics.shared
    }

    var body: some Scene {
        WindowGroup {
            CartView()
        }
    }
}
