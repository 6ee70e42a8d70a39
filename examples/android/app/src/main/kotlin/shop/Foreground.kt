package shop

import android.app.Activity
import android.app.Application
import android.os.Bundle
import holloway.Holloway

/**
 * Tells the client when the app leaves the front, which is when it makes everything durable and sends it, and when it
 * is back. Activities that follow each other overlap (the next starts before the last stops), so the count is zero only
 * when the whole app is away; a turned screen is told by `isChangingConfigurations`.
 */
class Foreground(private val analytics: Holloway) : Application.ActivityLifecycleCallbacks {
    private var started = 0

    override fun onActivityStarted(activity: Activity) {
        started += 1
        if (started == 1) analytics.foreground()
        analytics.screen(activity.title?.toString() ?: activity.javaClass.simpleName)
    }

    override fun onActivityStopped(activity: Activity) {
        started -= 1
        if (started == 0 && !activity.isChangingConfigurations) analytics.background()
    }

    override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

    override fun onActivityResumed(activity: Activity) = Unit

    override fun onActivityPaused(activity: Activity) = Unit

    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

    override fun onActivityDestroyed(activity: Activity) = Unit
}
