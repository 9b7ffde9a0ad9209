/// A regular expression whose cost is bounded: it runs all its alternatives side by side, so that time grows with the
/// length of the text times the size of the pattern and never with both to a power. No back references, no looking
/// around.
///
/// Knows `. ^ $ | ( ) (?: ) [ ] * + ? {m,n}`, the classes `\d \w \s` and their opposites, and a leading `(?i)` for
/// letters of ASCII. It is found anywhere in the text unless anchored.
package struct FilterPattern: Sendable {
    /// The pattern as written.
    package let source: String

    /// Longest pattern in bytes.
    package static let sourceLimit = 256
    /// Steps a pattern may have once its repetitions are written out.
    package static let programLimit = 128
    /// Characters at the beginning of a text that are looked at.
    package static let textLimit = 1024

    let program: [PatternStep]
    /// Steps of the compiled pattern.
    package var stepCount: Int { program.count }
    private let ignoresCase: Bool

    package init(_ source: String) throws(FilterPatternError) {
        guard source.utf8.count <= Self.sourceLimit else { throw .tooLong }
        self.source = source
        var scalars = Array(source.unicodeScalars)
        ignoresCase = source.hasPrefix("(?i)")
        if ignoresCase { scalars.removeFirst(4) }
        var parser = PatternParser(scalars)
        var compiler = PatternCompiler(limit: Self.programLimit)
        try compiler.emit(try parser.parse())
        program = compiler.program
    }

    /// Whether the pattern is found in a text.
    package func isFound(in text: String) -> Bool {
        let scalars = Array(text.unicodeScalars.prefix(Self.textLimit + 1))
        var current = ThreadList(program.count)
        var next = ThreadList(program.count)
        for index in 0...min(scalars.count, Self.textLimit) {
            current.add(0, program, isStart: index == 0, isEnd: index == scalars.count)
            if current.isDone { return true }
            guard index < scalars.count else { return false }
            next.clear()
            for thread in current.threads {
                guard case .one(let set) = program[thread], set.contains(scalars[index], ignoringCase: ignoresCase)
                else { continue }
                next.add(thread + 1, program, isStart: false, isEnd: index + 1 == scalars.count)
            }
            swap(&current, &next)
        }
        return false
    }
}

extension FilterPattern: Equatable {
    /// Equal when written the same.
    package static func == (one: FilterPattern, two: FilterPattern) -> Bool { one.source == two.source }
}

/// Why a pattern can't be used.
package enum FilterPatternError: Error, Equatable, Sendable {
    /// Longer than ``FilterPattern/sourceLimit``.
    case tooLong
    /// More than ``FilterPattern/programLimit`` steps.
    case tooComplex
    /// Not a pattern, or something this kind of pattern does not know, at that character.
    case notUnderstood(at: Int)
}

/// One step of a compiled pattern.
enum PatternStep: Sendable {
    case one(ScalarSet)
    /// Goes on at both places.
    case fork(Int, Int)
    case jump(Int)
    case start
    case end
    case found
}

/// Characters a step takes.
struct ScalarSet: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar, ignoringCase: Bool) -> Bool {
        var isIn = holds(scalar.value)
        if ignoringCase, !isIn, (0x41...0x5A).contains(scalar.value & ~0x20), scalar.value < 0x80 {
            isIn = holds(scalar.value ^ 0x20)
        }
        return isIn != isNegated
    }

    private func holds(_ value: UInt32) -> Bool {
        ranges.contains { $0.contains(value) }
    }
}

/// Places in the program that are reached by the text so far, each once.
private struct ThreadList {
    private(set) var threads: [Int] = []
    private(set) var isDone = false
    private var isThere: [Bool]

    init(_ count: Int) {
        isThere = [Bool](repeating: false, count: count)
        threads.reserveCapacity(count)
    }

    mutating func clear() {
        for index in isThere.indices { isThere[index] = false }
        threads.removeAll(keepingCapacity: true)
        isDone = false
    }

    /// Adds a place, and whatever is reached from it without taking a character; as deep as the program is long.
    mutating func add(_ place: Int, _ program: [PatternStep], isStart: Bool, isEnd: Bool) {
        guard !isThere[place] else { return }
        isThere[place] = true
        switch program[place] {
        case .one: threads.append(place)
        case .found: isDone = true
        case .jump(let target): add(target, program, isStart: isStart, isEnd: isEnd)
        case .fork(let one, let two):
            add(one, program, isStart: isStart, isEnd: isEnd)
            add(two, program, isStart: isStart, isEnd: isEnd)
        case .start: if isStart { add(place + 1, program, isStart: isStart, isEnd: isEnd) }
        case .end: if isEnd { add(place + 1, program, isStart: isStart, isEnd: isEnd) }
        }
    }
}
