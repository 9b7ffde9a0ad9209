/// A form read whole and in parts of which the first bytes say how long they are: events and refusal must be the same,
/// since a body arrives in parts whose ends mean nothing. What stands behind is the `Content-Type` up to a zero byte,
/// then the body.
@_cdecl("LLVMFuzzerTestOneInput")
func readForm(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard input.count > 2, let end = input.firstIndex(of: 0), end >= 2 else { return 0 }
    let field = String(decoding: input[2..<end], as: UTF8.self)
    let boundary = MultipartForm.boundary(field) ?? "b"
    precondition((1...70).contains(boundary.utf8.count), "a boundary of a length that is not allowed")
    let body = Array(input[(end + 1)...])
    let whole = read(body, boundary, lengths: [body.count])
    precondition(
        read(body, boundary, lengths: [1 + Int(input[0]), 1 + Int(input[1])]) == whole,
        "a form that depends on its parts")
    precondition(whole.content <= body.count, "more content than came")
    return 0
}

/// What was read, and why it ended.
private struct Outcome: Equatable {
    var events: [MultipartForm.Event] = []
    var failure: MultipartForm.Failure?
    var isComplete = false

    var content: Int {
        events.reduce(0) { sum, event in if case .content(let bytes) = event { sum + bytes.count } else { sum } }
    }
}

/// Contents are joined; events before a refusal in the same part are not told, so they don't count.
private func read(_ body: [UInt8], _ boundary: String, lengths: [Int]) -> Outcome {
    var form = MultipartForm(boundary: boundary)
    var outcome = Outcome()
    var start = 0
    var turn = 0
    while start < body.count {
        let end = min(body.count, start + lengths[turn % lengths.count])
        turn += 1
        do throws(MultipartForm.Failure) {
            for event in try form.feed(body[start..<end]) { add(event, to: &outcome.events) }
        } catch {
            return Outcome(failure: error)
        }
        start = end
    }
    outcome.isComplete = form.isComplete
    withoutOpenContent(&outcome)
    return outcome
}

private func add(_ event: MultipartForm.Event, to events: inout [MultipartForm.Event]) {
    if case .content(let more) = event, case .content(let before)? = events.last {
        events[events.count - 1] = .content(before + more)
    } else {
        events.append(event)
    }
}

/// How much of a content that has not ended was told depends on the parts: what may be a delimiter waits.
private func withoutOpenContent(_ outcome: inout Outcome) {
    if case .content? = outcome.events.last { outcome.events.removeLast() }
}
