import Testing

@testable import HubHTTP

@Suite struct FileBudgetTests {
    @Test(arguments: [32, 370, 1000, 60_000]) func fullListeners_LeaveTheOthersTheirFiles(files: Int) {
        let budget = FileBudget(files: files)
        var held = 0
        for purpose in [FileBudget.Purpose.https, .tunnels] {
            while budget.take(purpose) { held += 1 }
        }
        for purpose in [FileBudget.Purpose.pki, .admin] {
            var own = 0
            while budget.take(purpose) { own += 1 }
            #expect(own >= files / 32)
            held += own
        }
        #expect(held == files)
    }

    @Test func files_AreGivenBack() {
        let budget = FileBudget(files: 64)
        for _ in 0..<3 {
            var taken: [FileBudget.Purpose] = []
            for purpose in FileBudget.Purpose.allCases { while budget.take(purpose) { taken.append(purpose) } }
            #expect(taken.count == 64)
            for purpose in taken.shuffled() { budget.giveBack(purpose) }
            #expect(FileBudget.Purpose.allCases.allSatisfy { budget.count(of: $0) == 0 })
        }
    }

    @Test func onePurposeAlone_HasWhatTheOthersAreNotKept() {
        let budget = FileBudget(files: 320)
        #expect(budget.most(for: .https) == 320 - 80 - 40 - 10)
        var count = 0
        while budget.take(.https) { count += 1 }
        #expect(count == budget.most(for: .https))
    }

    @Test(arguments: [-1, 0, 1, 3]) func almostNoFiles_LeaveOneForEach(files: Int) {
        let budget = FileBudget(files: files)
        #expect(FileBudget.Purpose.allCases.allSatisfy { budget.take($0) && !budget.take($0) })
    }
}
