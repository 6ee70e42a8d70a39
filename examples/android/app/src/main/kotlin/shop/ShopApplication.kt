package shop

import android.app.Application
import android.os.Build
import holloway.Holloway

/** The app's one client, made before any screen is shown. */
class ShopApplication : Application() {
    lateinit var analytics: Holloway
        private set

    override fun onCreate() {
        super.onCreate()
        analytics = Holloway("KEY") {
            host = "https://events.example.com"
            // Not part of backups, so that a restored phone does not become its predecessor.
            directory(filesDir.resolve("no_backup/holloway"))
            context = deviceContext()
        }
        registerActivityLifecycleCallbacks(Foreground(analytics))
    }

    private fun deviceContext(): Map<String, Any?> {
        val info = packageManager.getPackageInfo(packageName, 0)
        return mapOf(
            "app" to mapOf("namespace" to packageName, "version" to info.versionName, "build" to info.versionCode),
            "device" to mapOf("manufacturer" to Build.MANUFACTURER, "model" to Build.MODEL),
            "os" to mapOf("name" to "Android", "version" to Build.VERSION.RELEASE),
        )
    }
}
