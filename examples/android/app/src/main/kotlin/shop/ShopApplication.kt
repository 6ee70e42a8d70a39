package shop

import android.app.Application
import android.os.Build
import holloway.Holloway

/** Makes the app's one client, before any screen is shown. */
class ShopApplication : Application() {
    lateinit var analytics: Holloway
        private set

    override fun onCreate() {
        super.onCreate()
        analytics = Holloway("KEY") {
            host = "https://events.example.com"
            // Auto Backup leaves this folder out. From filesDir the ids would be restored onto another device, and both
            // devices would be one visitor.
            directory(noBackupFilesDir.resolve("holloway"))
            context = deviceContext()
        }
        registerActivityLifecycleCallbacks(ScreenCallbacks(Visibility(analytics)))
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
