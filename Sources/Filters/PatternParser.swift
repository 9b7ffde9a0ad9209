/// A pattern as a tree.
indirect enum PatternNode {
    case set(ScalarSet)
    case start
    case end
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, least: Int, most: Int?)
}

/// Reads the text of a pattern.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    /// Deepest nesting of groups.
    private static let depthLimit = 32

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    mutating func parse() throws(FilterPatternError) -> PatternNode {
        let node = try choice()
        guard position == scalars.count else { throw fault() }
        return node
    }

    private func fault() -> FilterPatternError { .notUnderstood(at: position) }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func choice() throws(FilterPatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw .tooComplex }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(FilterPatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" { nodes.append(try repeated()) }
        return .sequence(nodes)
    }

    private mutating func repeated() throws(FilterPatternError) -> PatternNode {
        let node = try atom()
        let bounds: (Int, Int?)
        switch next {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{": bounds = try braces()
        default: return node
        }
        position += 1
        // Whether as much or as little as possible is taken makes no difference to whether it is found.
        _ = take("?")
        if let next, "*+?{".unicodeScalars.contains(next) { throw fault() }
        return .repetition(node, least: bounds.0, most: bounds.1)
    }

    /// Reads `{m}`, `{m,}` or `{m,n}` up to its last character.
    private mutating func braces() throws(FilterPatternError) -> (Int, Int?) {
        position += 1
        guard let least = number() else { throw fault() }
        guard take(",") else { return try closed((least, least)) }
        let most = number()
        if let most, most < least { throw fault() }
        return try closed((least, most))
    }

    private func closed(_ bounds: (Int, Int?)) throws(FilterPatternError) -> (Int, Int?) {
        guard next == "}" else { throw fault() }
        return bounds
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = next?.value, (0x30...0x39).contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit - 0x30), 1000)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(FilterPatternError) -> PatternNode {
        guard let scalar = next else { throw fault() }
        position += 1
        switch scalar {
        case "(": return try group()
        case "[": return .set(try characterClass())
        case ".": return .set(ScalarSet(ranges: [0x0A...0x0A], isNegated: true))
        case "^": return .start
        case "$": return .end
        case "\\": return .set(try escape())
        case "*", "+", "?", "{", ")", "]", "}":
            position -= 1
            throw fault()
        default: return .set(ScalarSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws(FilterPatternError) -> PatternNode {
        if take("?"), !take(":") { throw fault() }
        let node = try choice()
        guard take(")") else { throw fault() }
        return node
    }

    private mutating func escape() throws(FilterPatternError) -> ScalarSet {
        guard let scalar = next else { throw fault() }
        position += 1
        switch scalar {
        case "d", "D": return ScalarSet(ranges: [0x30...0x39], isNegated: scalar == "D")
        case "w", "W":
            return ScalarSet(
                ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A], isNegated: scalar == "W")
        case "s", "S": return ScalarSet(ranges: [0x09...0x0D, 0x20...0x20], isNegated: scalar == "S")
        case "n": return ScalarSet(ranges: [0x0A...0x0A])
        case "r": return ScalarSet(ranges: [0x0D...0x0D])
        case "t": return ScalarSet(ranges: [0x09...0x09])
        default:
            // A letter or digit would mean something in other dialects.
            guard scalar.value < 0x80, !scalar.properties.isAlphabetic, !(0x30...0x39).contains(scalar.value) else {
                position -= 1
                throw fault()
            }
            return ScalarSet(ranges: [scalar.value...scalar.value])
        }
    }

    private mutating func characterClass() throws(FilterPatternError) -> ScalarSet {
        var set = ScalarSet(isNegated: take("^"))
        var isFirst = true
        while let scalar = next {
            position += 1
            if scalar == "]", !isFirst { return set }
            isFirst = false
            let low: ClosedRange<UInt32>
            if scalar == "\\" {
                let escaped = try escape()
                guard !escaped.isNegated else { throw fault() }
                guard escaped.ranges.count == 1, escaped.ranges[0].count == 1 else {
                    set.ranges += escaped.ranges
                    continue
                }
                low = escaped.ranges[0]
            } else {
                low = scalar.value...scalar.value
            }
            set.ranges.append(try range(from: low.lowerBound))
        }
        throw fault()
    }

    /// The range that begins at a character, or the character alone.
    private mutating func range(from low: UInt32) throws(FilterPatternError) -> ClosedRange<UInt32> {
        guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else { return low...low }
        position += 1
        var high = scalars[position].value
        position += 1
        if high == 0x5C {
            let escaped = try escape()
            guard !escaped.isNegated, escaped.ranges.count == 1, escaped.ranges[0].count == 1 else { throw fault() }
            high = escaped.ranges[0].lowerBound
        }
        guard low <= high else { throw fault() }
        return low...high
    }
}

/// Writes a pattern's tree out as steps.
struct PatternCompiler {
    private(set) var program: [PatternStep] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    mutating func emit(_ node: PatternNode) throws(FilterPatternError) {
        try add(node)
        try append(.found)
    }

    private mutating func append(_ step: PatternStep) throws(FilterPatternError) {
        guard program.count < limit else { throw .tooComplex }
        program.append(step)
    }

    private mutating func add(_ node: PatternNode) throws(FilterPatternError) {
        switch node {
        case .set(let set): try append(.one(set))
        case .start: try append(.start)
        case .end: try append(.end)
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .choice(let branches): try add(choice: branches[...])
        case .repetition(let node, let least, let most): try add(node, least: least, most: most)
        }
    }

    private mutating func add(choice branches: ArraySlice<PatternNode>) throws(FilterPatternError) {
        guard let first = branches.first else { return }
        guard branches.count > 1 else { return try add(first) }
        let fork = program.count
        try append(.fork(0, 0))
        try add(first)
        let jump = program.count
        try append(.jump(0))
        program[fork] = .fork(fork + 1, program.count)
        try add(choice: branches.dropFirst())
        program[jump] = .jump(program.count)
    }

    private mutating func add(_ node: PatternNode, least: Int, most: Int?) throws(FilterPatternError) {
        guard least <= limit, most ?? 0 <= limit else { throw .tooComplex }
        let start = program.count
        for _ in 0..<least {
            try add(node)
            // Something empty, many times within many times: the limit of steps would never be reached.
            if program.count == start { break }
        }
        guard let most else {
            let fork = program.count
            try append(.fork(0, 0))
            try add(node)
            try append(.jump(fork))
            program[fork] = .fork(fork + 1, program.count)
            return
        }
        for _ in least..<max(least, most) {
            let fork = program.count
            try append(.fork(0, 0))
            try add(node)
            program[fork] = .fork(fork + 1, program.count)
        }
    }
}
