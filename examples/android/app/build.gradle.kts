plugins {
    id("com.android.application") version "8.13.2"
    id("org.jetbrains.kotlin.android") version "2.4.21"
}

android {
    namespace = "shop"
    compileSdk = 36
    defaultConfig {
        applicationId = "com.example.shop"
        minSdk = 26 // java.time, java.util.Base64, CompletableFuture: checked by the Kotlin package's build
        targetSdk = 36
        versionCode = 1
        versionName = "1.0"
    }
    buildTypes {
        release {
            isMinifyEnabled = true // the rules that JNA needs come with the jar, in META-INF/proguard
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }
}

kotlin { jvmToolchain(17) }

dependencies {
    // Built by `mvn package` in sdk-mobile/kotlin.
    implementation(files("libs/holloway-kotlin-0.1.0.jar"))
    // The AAR has JNA's own libraries for phones; the plain jar that Maven uses for tests has not.
    implementation("net.java.dev.jna:jna:5.19.1@aar")
}
