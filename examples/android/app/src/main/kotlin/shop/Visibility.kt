package shop

import holloway.Holloway

/**
 * Derives from starts and stops of screens when the app as a whole comes and goes, and which screens were viewed. Free of
 * Android's classes, so that it is tested on the JVM.
 *
 * Screens that follow each other overlap (the next starts before the last stops), so the count is zero only when the whole
 * app is away. A configuration change, such as a rotation, stops a screen and starts it anew: neither is news.
 */
class Visibility(private val analytics: Holloway) {
    private var started = 0

    /** Screens that were stopped by a configuration change and have not started again. */
    private val changing = mutableListOf<String>()

    /** A screen is shown, or shown again after a configuration change. */
    fun started(screen: String, title: String) {
        started += 1
        if (changing.remove(screen)) return
        if (started == 1) analytics.foreground()
        analytics.screen(title)
    }

    /** A screen is not shown any more. */
    fun stopped(screen: String, isChangingConfigurations: Boolean) {
        started -= 1
        if (isChangingConfigurations) {
            changing.add(screen)
        } else if (started == 0) {
            analytics.background()
        }
    }
}
