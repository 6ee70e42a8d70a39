package shop

import android.app.Activity
import android.app.Application
import android.os.Bundle

/** Hands what Android says of activities to [Visibility]. Called on the main thread only. */
class ScreenCallbacks(private val visibility: Visibility) : Application.ActivityLifecycleCallbacks {
    override fun onActivityStarted(activity: Activity) =
        visibility.started(activity.javaClass.name, activity.title?.toString() ?: activity.javaClass.simpleName)

    override fun onActivityStopped(activity: Activity) =
        visibility.stopped(activity.javaClass.name, activity.isChangingConfigurations)

    override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit

    override fun onActivityResumed(activity: Activity) = Unit

    override fun onActivityPaused(activity: Activity) = Unit

    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit

    override fun onActivityDestroyed(activity: Activity) = Unit
}
