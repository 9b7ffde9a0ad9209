internal import BaseTestSupport
import Store
import Testing

/// What is kept in memory is what was kept last, of the present version, and no more than there is room for.
@Suite struct RecentValuesTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func value_IsTheLastOneOfItsVersion_AndThoseUsedLastAreThere(seed: UInt64) {
        var random = SeededGenerator(seed)
        let limit = random.pick([2, 3, 8, 20])
        let recent = RecentValues<Int, Int>(limit: limit)
        var (kept, used, version): ([Int: Int], [Int], UInt64) = ([:], [], 0)
        for step in 0..<3000 {
            let key = Int.random(in: 0..<30, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                // Something was changed: nothing that was read before counts.
                version += 1
                (kept, used) = ([:], [])
                #expect(recent.value(key, version: version) == nil)
                recent.keep(step, for: key, version: version)
                (kept[key], used) = (step, [key])
            case 1 where version > 0:
                recent.keep(-1, for: key, version: version - 1)
                #expect(recent.value(key, version: version - 1) == nil)
            case 2..<10:
                recent.keep(step, for: key, version: version)
                kept[key] = step
                used = used.filter { $0 != key } + [key]
            default:
                let found = recent.value(key, version: version)
                if let found { #expect(found == kept[key], "step \(step)") }
                let isOfTheLast = used.suffix(max(1, limit / 2)).contains(key)
                #expect(found != nil || !isOfTheLast, "step \(step): used last, and gone")
                used = used.filter { $0 != key } + (found == nil ? [] : [key])
                if found == nil { kept[key] = nil }
            }
        }
    }

    @Test(arguments: [0, 1, 2, 7, 100])
    func howeverManyAreKept_ThereAreNoMoreThanTheLimit(limit: Int) {
        let recent = RecentValues<Int, Int>(limit: limit)
        for key in 0..<500 { recent.keep(key, for: key) }
        #expect(recent.value(499) == 499)
        let found = (0..<500).count { recent.value($0) != nil }
        #expect((max(1, limit / 2)...max(2, limit)).contains(found))
    }
}
