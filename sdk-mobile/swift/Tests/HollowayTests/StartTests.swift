import Foundation
import XCTest

@testable import Holloway

/// Keeps diagnostics of several threads.
final class Received: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [Diagnostic] = []

    func add(_ diagnostic: Diagnostic) { lock.withLock { list.append(diagnostic) } }
    var all: [Diagnostic] { lock.withLock { list } }
}

final class StartTests: XCTestCase {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    /// Checks that a start fails with the same text in both forms, and that only one of them throws.
    private func check(
        writeKey: String = "KEY", host: String = "http://127.0.0.1:9", directory: URL, _ expected: String,
        line: UInt = #line
    ) {
        let received = Received()
        let settings = Settings(onDiagnostic: { received.add($0) })
        let hw = Holloway.start(writeKey: writeKey, host: host, directory: directory, settings: settings)
        XCTAssertFalse(hw.isEnabled, line: line)
        let text = hw.startError?.errorDescription ?? "no error"
        XCTAssertTrue(text.contains(expected), text, line: line)
        XCTAssertEqual(
            received.all.map(\.message), ["this client is disabled, and records nothing: \(text)"], line: line)
        XCTAssertThrowsError(
            try Holloway(writeKey: writeKey, host: host, directory: directory, settings: settings), line: line
        ) { XCTAssertEqual($0 as? HollowayError, hw.startError, line: line) }
        useEverything(hw)
    }

    /// Makes every call that there is; none may do anything.
    private func useEverything(_ hw: Holloway) {
        hw.track("A", ["b": 1], options: EventOptions(messageId: "id", timestamp: Date(), context: ["c": 2]))
        hw.page()
        hw.screen("A")
        hw.identify("u1", ["plan": "pro"])
        hw.group("acme")
        hw.alias("u2")
        hw.reset(keepAnonymousId: true)
        hw.register(["a": 1])
        hw.unregister("a")
        hw.setConsent(.denied)
        hw.setContext([:])
        hw.resume()
        hw.foreground()
        hw.background()
        hw.online()
        XCTAssertNoThrow(try hw.flush())
        XCTAssertNoThrow(try hw.shutdown())
        XCTAssertEqual(hw.anonymousId, "")
        XCTAssertNil(hw.userId)
        XCTAssertEqual(hw.queuedEvents, 0)
        XCTAssertEqual(hw.losses, [:])
    }

    func testAnEmptyWriteKey() { check(writeKey: "", directory: folder, "write key") }

    func testAHostWithoutAScheme() { check(host: "example.com", directory: folder, "found \"example.com\"") }

    func testAFolderThatCannotBeWritten() throws {
        try Data().write(to: folder)
        check(directory: folder.appendingPathComponent("sub"), "give a directory")
    }

    func testNoArgumentStopsTheApp() throws {
        let hw = Holloway.start(writeKey: "KEY", host: "http://127.0.0.1:9", directory: folder)
        var doubling: (any Sendable)? = 1
        for _ in 0..<40 { doubling = [doubling, doubling] }
        hw.track("Nested", ["doubling": doubling])
        hw.track("Times", nil, options: EventOptions(timestamp: Date(timeIntervalSince1970: .infinity)))
        hw.track("Times", nil, options: EventOptions(timestamp: Date(timeIntervalSince1970: .nan)))
        hw.track("Times", nil, options: EventOptions(timestamp: .distantPast))
        hw.track("Numbers", ["nan": Double.nan, "infinity": -Float.infinity])
        hw.track("")
        hw.identify("")
        hw.alias("")
        XCTAssertThrowsError(try hw.flush(timeout: .nan))
        XCTAssertThrowsError(try hw.shutdown(timeout: -1))
        XCTAssertTrue(hw.isEnabled)
        // Each of the eight calls is kept or counted.
        XCTAssertEqual(hw.queuedEvents + hw.losses.values.reduce(0, +), 8, "\(hw.losses)")
    }

    func testAnAwaitedFlushEndsAsTheBlockingOneDoes() async throws {
        let hw = Holloway.start(writeKey: "KEY", host: "http://127.0.0.1:9", directory: folder)
        hw.track("Kept")
        do {
            try await hw.shutdown(timeout: 0.2)
            XCTFail("nothing listens on port 9")
        } catch HollowayError.timedOut {
        }
        do {
            try await hw.flush()
            XCTFail("the client is stopped")
        } catch HollowayError.stopped {
        }
    }

    func testATransportOfTheAppsOwnSendsAndMayFail() throws {
        let received = Received()
        let own = FirstFails()
        let hw = Holloway.start(
            writeKey: "KEY", host: "https://events.example.com", directory: folder,
            settings: Settings(transport: own, onDiagnostic: { received.add($0) }))
        hw.track("Kept")
        try hw.flush()
        XCTAssertEqual(own.urls, Array(repeating: "https://events.example.com/v1/batch", count: 2))
        let first = received.all.first?.message ?? "none"
        XCTAssertTrue(first.contains("cannot deliver events to https://events.example.com/v1/batch"), first)
        XCTAssertTrue(first.contains("kept and sent again later"), first)
        try hw.shutdown()
    }
}

/// Fails the first request, and accepts whatever comes then.
private final class FirstFails: HTTPTransport, @unchecked Sendable {
    private let lock = NSLock()
    private var sent: [String] = []
    var urls: [String] { lock.withLock { sent } }

    func send(_ request: HTTPRequest) throws -> HTTPResponse {
        let isFirst = lock.withLock {
            sent.append(request.url)
            return sent.count == 1
        }
        if isFirst { throw URLError(.notConnectedToInternet) }
        return HTTPResponse(status: 200, body: Data("{}".utf8))
    }
}
