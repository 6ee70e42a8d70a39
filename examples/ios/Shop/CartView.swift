import Holloway
import SwiftUI

/// A screen with one button, whose taps are recorded. A rotation calls `onAppear` no second time.
struct CartView: View {
    private var client: Holloway { Analytics.shared.client }

    var body: some View {
        Button("Pay") {
            client.track("Order Paid", ["total": 19.9, "currency": "EUR"])
        }
        .onAppear { client.screen("Cart") }
    }

    /// For the login screen.
    func onLogin(_ userId: String, plan: String) { client.identify(userId, ["plan": plan]) }

    /// For the logout in the menu.
    func onLogout() { client.reset() }
}
