/// One row of a CSV file, its fields without quotes.
package struct CSVRow: Sendable {
    /// Line on which the row begins, from 1.
    package internal(set) var line = 1
    /// What is wrong with it as CSV, and in which field (from 0); its content stays, unless ``isCut``.
    package internal(set) var problem: (field: Int, reason: String)?
    /// Whether content is missing because the row was larger than it may be.
    package internal(set) var isCut = false
    var bytes: [UInt8] = []
    var ends: [Int] = []
    var hasHighBytes = false

    /// How many fields it has.
    package var count: Int { ends.count }

    /// The bytes of a field.
    package subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// Whether every byte is ASCII, so that no text needs to be validated.
    package var isASCII: Bool { !hasHighBytes }

    /// Whether no field has content: a row of commas alone.
    package var holdsNothing: Bool { bytes.isEmpty && problem == nil }

    /// A row that holds nothing at all: an empty line.
    var isBlank: Bool { count == 1 && bytes.isEmpty && problem == nil }

    mutating func clear() {
        problem = nil
        isCut = false
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        hasHighBytes = false
    }
}
