import Foundation
import Holloway
import UIKit

/// Where the app says what happened. An app without a client (no disk, say) goes on as if it had one.
@MainActor
final class Analytics {
    static let shared = Analytics()
    private let client: Holloway?

    private init() {
        var folder = URL.applicationSupportDirectory.appending(path: "holloway")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // Not part of backups, so that a restored phone does not become its predecessor.
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? folder.setResourceValues(values)

        let device: Properties = ["manufacturer": "Apple", "model": UIDevice.current.model]
        let settings = Settings(context: ["device": device])
        do {
            client = try Holloway(
                writeKey: "KEY", host: "https://events.example.com", directory: folder, settings: settings)
        } catch {
            client = nil
            print("no analytics: \(error.localizedDescription)")
        }
    }

    func track(_ event: String, _ properties: Properties? = nil) { client?.track(event, properties) }
    func screen(_ name: String) { client?.screen(name) }
    func login(_ userId: String, plan: String) { client?.identify(userId, ["plan": plan]) }
    func logout() { client?.reset() }
    func foreground() { client?.foreground() }

    /// Asks for the time to send what waits; without it the system stops the app within moments.
    func background() {
        let application = UIApplication.shared
        var task = UIBackgroundTaskIdentifier.invalid
        func end() {
            application.endBackgroundTask(task)
            task = .invalid
        }
        task = application.beginBackgroundTask(withName: "holloway") { end() }
        client?.background()
        let client = client
        Task.detached {
            try? client?.flush(timeout: 15)  // what is not sent in time is sent at the next start
            await MainActor.run { end() }
        }
    }
}
