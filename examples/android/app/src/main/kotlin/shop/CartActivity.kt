package shop

import android.app.Activity
import android.os.Bundle
import android.widget.Button

/** A screen with one button, whose clicks are recorded. */
class CartActivity : Activity() {
    private val analytics get() = (application as ShopApplication).analytics

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        title = "Cart"
        val pay = Button(this).apply { text = "Pay" }
        pay.setOnClickListener {
            analytics.track("Order Paid", mapOf("total" to 19.9, "currency" to "EUR"))
        }
        setContentView(pay)
    }

    /** For the login screen. */
    fun onLogin(userId: String, plan: String) = analytics.identify(userId, mapOf("plan" to plan))

    /** For the logout in the menu. */
    fun onLogout() = analytics.reset()
}
