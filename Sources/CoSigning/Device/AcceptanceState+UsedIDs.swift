/// Ids of messages that were acted on, kept until no message with them can be accepted (docs/protocols/cosign.md 4,
/// step 13).
extension AcceptanceState {
    func isUsed(_ id: MessageID) -> Bool { usedIDs.contains { isSame($0, id.text) } }

    /// Notes that a message is acted on.
    ///
    /// - Parameter end: `exp` of its claims, Unix seconds.
    mutating func use(_ id: MessageID, until end: Int64) {
        usedIDs.append(id.text)
        usedUntil[id] = id.isEnd && id.time <= end ? nil : end
    }

    /// Drops the ids whose messages are expired from now on. Only the floor of time counts: a clock that runs ahead and
    /// is set back would make such messages valid again. An id of form `001` without a stored end is kept.
    mutating func forgetEndedIDs() {
        let (ends, floor) = (usedUntil, timeFloor)
        usedIDs.removeAll { text in
            guard let id = MessageID(text) else { return true }
            guard let end = ends[id] ?? (id.isEnd ? id.time : nil) else { return false }
            return end + CoSignLimits.late < floor
        }
        let kept = Set(usedIDs)
        usedUntil = ends.filter { kept.contains($0.key.text) }
    }
}
