import Foundation
import XCTest

@testable import Holloway

final class HollowayTests: XCTestCase {
    private func check(_ value: (any Sendable)?, _ expected: String, line: UInt = #line) {
        XCTAssertEqual(jsonObject(["v": value]), "{\"v\":\(expected)}", line: line)
    }

    func testValuesBecomeJson() {
        check(nil, "null")
        check(true, "true")
        check(1, "1")
        check(UInt64.max, "18446744073709551615")
        check(0.1, "0.1")
        check(Double.nan, "null")
        check("é\"\\\n\u{1}", "\"é\\\"\\\\\\n\\u0001\"")
        check([1, 2], "[1,2]")
        check(["b": 1, "a": ["c": nil as Int?]] as Properties, "{\"a\":{\"c\":null},\"b\":1}")
        check(Date(timeIntervalSince1970: 0), "\"1970-01-01T00:00:00.000Z\"")
        check(Decimal(string: "19.90"), "\"19.9\"")
    }

    func testMistakesInTheSettingsAreNamed() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        XCTAssertThrowsError(try Holloway(writeKey: "", host: "http://127.0.0.1:9", directory: folder)) { error in
            guard case HollowayError.writeKey(let text) = error else { return XCTFail("\(error)") }
            XCTAssertTrue(text.contains("write key"), text)
        }
        XCTAssertThrowsError(try Holloway(writeKey: "KEY", host: "example.com", directory: folder)) { error in
            guard case HollowayError.host = error else { return XCTFail("\(error)") }
        }
    }

    func testEventsWaitWhileNoCollectorAnswers() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Port 9 is discard: nobody listens.
        let hw = try Holloway(writeKey: "KEY", host: "http://127.0.0.1:9", directory: folder)
        hw.track("Kept", ["plan": "pro", "seats": 5])
        hw.identify("u1", ["plan": "pro"])
        XCTAssertThrowsError(try hw.shutdown(timeout: 0.2)) { error in
            guard case HollowayError.timedOut = error else { return XCTFail("\(error)") }
        }
        XCTAssertEqual(hw.queuedEvents, 2)
        XCTAssertFalse(hw.anonymousId.isEmpty)
    }

    /// Needs a collector: HOLLOWAY_COLLECTOR=http://127.0.0.1:8787 swift test
    func testEventsAreDelivered() throws {
        guard let host = ProcessInfo.processInfo.environment["HOLLOWAY_COLLECTOR"] else {
            throw XCTSkip("HOLLOWAY_COLLECTOR names no collector")
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let hw = try Holloway(writeKey: "KEY", host: host, directory: folder)
        hw.track("Signed Up", ["plan": "pro"])
        hw.identify("u1", ["plan": "pro"])
        try hw.flush()
        XCTAssertEqual(hw.queuedEvents, 0)
        XCTAssertEqual(hw.losses, [:])
        try hw.shutdown()
    }
}
