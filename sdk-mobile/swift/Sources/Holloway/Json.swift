import Foundation

/// Names and values: strings, numbers, booleans, dates, UUIDs, URLs, arrays and dictionaries of them, and nil.
public typealias Properties = [String: (any Sendable)?]

/// Levels of nesting. What lies deeper is written as null.
let depthMax = 32
/// Bytes after which a text is given up: the client drops an event of a thirtieth of it as too large.
let textBytesMax = 1024 * 1024

/// Returns the JSON text of a dictionary. Never fails: a value that has no form in JSON is written as its description. A
/// dictionary without a sensible end gives a text that is no JSON, which the client drops and counts.
func jsonObject(_ values: Properties) -> String {
    var text = ""
    write(values, to: &text, depth: 0)
    return text.utf8.count <= textBytesMax ? text : "not JSON: more than \(textBytesMax) bytes"
}

private func write(_ value: Any?, to text: inout String, depth: Int) {
    // Nested arrays that share their elements may be short in memory and have no end as text.
    guard text.utf8.count <= textBytesMax else { return }
    guard let value = flattened(value), depth <= depthMax else {
        text += "null"
        return
    }
    switch value {
    case let string as String: writeText(string, to: &text)
    case let bool as Bool: text += bool ? "true" : "false"
    case let number as any BinaryInteger: text += number.description
    case let number as Double: text += number.isFinite ? "\(number)" : "null"
    case let number as Float: text += number.isFinite ? "\(number)" : "null"
    // As text, so that no digit is lost on the way through readers that have only doubles.
    case let number as Decimal: writeText(number.description, to: &text)
    case let date as Date: writeText(iso(date), to: &text)
    case let id as UUID: writeText(id.uuidString.lowercased(), to: &text)
    case let url as URL: writeText(url.absoluteString, to: &text)
    case let data as Data: writeText(data.base64EncodedString(), to: &text)
    case let values as [String: Any?]: writeObject(values, to: &text, depth: depth)
    case let values as [Any?]: writeArray(values, to: &text, depth: depth)
    default: writeText(String(describing: value), to: &text)
    }
}

/// Returns the value within optionals of optionals, as dictionaries of optional values have them.
private func flattened(_ value: Any?) -> Any? {
    guard let value else { return nil }
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return value }
    return mirror.children.first.flatMap { flattened($0.value) }
}

private func writeObject(_ values: [String: Any?], to text: inout String, depth: Int) {
    text += "{"
    // Sorted, so that equal dictionaries give equal texts.
    for (index, name) in values.keys.sorted().enumerated() {
        if index > 0 { text += "," }
        writeText(name, to: &text)
        text += ":"
        if text.utf8.count > textBytesMax { return }
        write(values[name] ?? nil, to: &text, depth: depth + 1)
    }
    text += "}"
}

private func writeArray(_ values: [Any?], to text: inout String, depth: Int) {
    text += "["
    for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        if text.utf8.count > textBytesMax { return }
        write(value, to: &text, depth: depth + 1)
    }
    text += "]"
}

private func writeText(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case "\u{0}"..<" ":
            let digits = String(scalar.value, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: text.unicodeScalars.append(scalar)
        }
    }
    text += "\""
}

private func iso(_ date: Date) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    return formatter.string(from: date)
}
