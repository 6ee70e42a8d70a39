import Foundation
import Holloway
import UIKit

/// The app's one client, and what the system says about the app coming and going.
@MainActor
final class Analytics {
    static let shared = Analytics()

    /// Records nothing when it could not be started, and says so in the log: the app goes on.
    let client: Holloway
    private var backgroundTask = UIBackgroundTaskIdentifier.invalid

    private init() {
        let device: Properties = ["manufacturer": "Apple", "model": UIDevice.current.model]
        client = Holloway.start(
            writeKey: "KEY", host: "https://events.example.com", settings: Settings(context: ["device": device]))
        observe(UIApplication.willEnterForegroundNotification) { $0.client.foreground() }
        observe(UIApplication.didEnterBackgroundNotification) { $0.enterBackground() }
    }

    /// These two are of the app as a whole, and come neither for a rotation nor for the control centre drawn over the app.
    private func observe(_ name: Notification.Name, _ react: @escaping @MainActor @Sendable (Analytics) -> Void) {
        NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) { [weak self] _ in
            MainActor.assumeIsolated {
                guard let self else { return }
                react(self)
            }
        }
    }

    /// Asks for the time to send what waits; without it the system stops the app within moments.
    private func enterBackground() {
        endBackgroundTask()
        backgroundTask = UIApplication.shared.beginBackgroundTask(withName: "holloway") { [weak self] in
            MainActor.assumeIsolated { self?.endBackgroundTask() }
        }
        client.background()
        Task {
            try? await client.flush(timeout: 15)  // what is not sent in time is sent at the next start
            endBackgroundTask()
        }
    }

    private func endBackgroundTask() {
        guard backgroundTask != .invalid else { return }
        UIApplication.shared.endBackgroundTask(backgroundTask)
        backgroundTask = .invalid
    }
}
