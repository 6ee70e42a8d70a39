package shop

import android.content.Context
import java.io.File

/** Stands for a method of API 21, which the names of the framework that the tests compile against do not have yet. */
val Context.noBackupFilesDir: File get() = filesDir.resolveSibling("no_backup")
