import Holloway
import SwiftUI

/// A screen with one button that is worth knowing about.
struct CartView: View {
    var body: some View {
        Button("Pay") {
            Analytics.shared.track("Order Paid", ["total": 19.9, "currency": "EUR"])
        }
        .onAppear { Analytics.shared.screen("Cart") }
    }
}
