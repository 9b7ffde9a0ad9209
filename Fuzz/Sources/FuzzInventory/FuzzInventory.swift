import Encoding
import Filters
import Wire

/// What devices report, what operators search for, and settings of devices: none may trap, what is read means the same
/// when it was written and read again, and a pattern ends in time whatever it is run over.
@_cdecl("LLVMFuzzerTestOneInput")
func readInventory(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    checkReport(bytes)
    checkFilter(bytes)
    checkTerm(String(decoding: bytes, as: UTF8.self))
    if let document = try? JSONValue(parsing: bytes), let settings = try? DeviceSettings(document) {
        precondition((try? DeviceSettings(settings.json)) == settings, "settings that change when they are written")
    }
    return 0
}

/// The canonical form is that of its own content, or an unchanged report would be written each time.
private func checkReport(_ bytes: [UInt8]) {
    guard let report = try? InventoryReport(parsing: bytes) else { return }
    let canonical = report.canonical()
    // Escapes make some texts longer than they came.
    guard canonical.count <= InventoryReport.limits.bytes else { return }
    precondition(
        (try? InventoryReport(parsing: canonical))?.canonical() == canonical, "a report that changes when it is written"
    )
    for attribute in report.latest() {
        precondition(AttributeValue(attribute.value.json) == attribute.value, "a value that changes when it is written")
    }
}

private func checkFilter(_ bytes: [UInt8]) {
    guard let filter = try? InventoryFilter(stored: String(decoding: bytes, as: UTF8.self)) else { return }
    let text = String(decoding: filter.json.encoded(), as: UTF8.self)
    precondition((try? InventoryFilter(stored: text)) == filter, "a filter that changes when it is written")
    for value in [AttributeValue.string("aab10.0.0.1"), .number("1e3"), .strings(["", "b"]), .numbers([])] {
        var budget = PatternBudget.device
        _ = try? filter.matches(within: &budget) { _ in value }
    }
}

/// A term of the command line; one that is told in that form again means the same.
private func checkTerm(_ text: String) {
    if let pattern = try? FilterPattern(text) {
        precondition(pattern.stepCount <= FilterPattern.programLimit, "a pattern that is too large")
        _ = pattern.isFound(in: text + text)
    }
    guard let term = try? InventoryFilter.Term(text: text), (try? InventoryFilter([term])) != nil else { return }
    precondition(
        (try? InventoryFilter.Term(text: term.text)) == term, "a term that changes when it is told: \(term.text)")
}
