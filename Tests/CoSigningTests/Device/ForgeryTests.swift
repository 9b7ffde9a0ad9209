import BaseTestSupport
import CoSigning
import Encoding
import Testing

/// Whoever lacks one of the two keys gets nothing installed, whatever is done to a good message.
@Suite struct ForgeryTests {
    /// What is accepted says what was signed.
    private static func check(_ bytes: [UInt8], _ exchange: Exchange, _ what: String) throws {
        guard let accepted = try? exchange.judge(bytes) else { return }
        #expect(accepted.claims.members == exchange.claims, "\(what)")
        #expect(accepted.action == .install, "\(what)")
        #expect(accepted.state.streams["os"]?.sequence == 42, "\(what)")
        #expect(accepted.state.timeFloor == Exchange.now, "\(what)")
    }

    @Test func everyFlippedBit_IsRejectedOrChangesNothing() throws {
        let exchange = Exchange()
        let bytes = try exchange.draft().bytes
        for (place, changed) in Damage.bitFlips(of: bytes).enumerated() {
            try Self.check(changed, exchange, "bit \(place)")
        }
    }

    /// A byte within what is signed: never accepted at all.
    @Test func everyChangedByteOfPayloadAndHeaders_IsRejected() throws {
        let exchange = Exchange()
        let draft = try exchange.draft()
        for bytes in Damage.flips(of: Array(draft.payload.utf8), masks: [1, 3]) {
            var changed = draft
            changed.payload = String(decoding: bytes, as: UTF8.self)
            #expect(throws: CoSignError.self) { try exchange.judge(changed.bytes) }
        }
        for place in draft.signatures.indices {
            for bytes in Damage.flips(of: Array(draft.signatures[place].protected.utf8), masks: [1, 3]) {
                var changed = draft
                changed.signatures[place].protected = String(decoding: bytes, as: UTF8.self)
                #expect(throws: CoSignError.self) { try exchange.judge(changed.bytes) }
            }
        }
    }

    @Test func everyBeginning_IsRejected() throws {
        let exchange = Exchange()
        for bytes in Damage.beginnings(of: try exchange.draft().bytes) {
            #expect(try refusal { try exchange.judge(bytes) } == .badFormat)
        }
    }

    @Test func everyByteTwiceOrLess_IsRejectedOrChangesNothing() throws {
        let exchange = Exchange()
        let bytes = try exchange.draft().bytes
        for place in bytes.indices {
            var changed = bytes
            changed.insert(bytes[place], at: place)
            try Self.check(changed, exchange, "twice \(place)")
            changed = bytes
            changed.remove(at: place)
            try Self.check(changed, exchange, "without \(place)")
        }
    }

    @Test(arguments: [11, 12, 13, 14] as [UInt64]) func randomEdits_AreRejectedOrChangeNothing(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let exchange = Exchange()
        let bytes = try exchange.draft().bytes
        for round in 0..<500 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) { Self.edit(&changed, &generator) }
            try Self.check(changed, exchange, "seed \(seed), round \(round)")
        }
    }

    /// Cuts, copies, moves or overwrites a piece.
    private static func edit(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard bytes.count > 2 else { return }
        let start = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 1...40, using: &generator))
        let piece = Array(bytes[start..<end])
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.removeSubrange(start..<end)
        case 1: bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &generator))
        case 2:
            bytes.removeSubrange(start..<end)
            bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &generator))
        default: bytes.replaceSubrange(start..<end, with: generator.bytes(piece.count))
        }
    }

    /// Members left out, doubled, renamed, in another order.
    @Test func editedMembers_AreRejectedOrChangeNothing() throws {
        let exchange = Exchange()
        let draft = try exchange.draft()
        let members = try #require(draft.json.members)
        #expect(try refusal { try exchange.judge(JSONValue.object(members.reversed()).encoded()) } == nil)
        for place in members.indices {
            var fewer = members
            fewer.remove(at: place)
            #expect(throws: CoSignError.self) { try exchange.judge(JSONValue.object(fewer).encoded()) }
            #expect(throws: CoSignError.self) {
                try exchange.judge(JSONValue.object(members + [members[place]]).encoded())
            }
            let renamed = JSONValue.Member(members[place].name.uppercased(), members[place].value)
            #expect(throws: CoSignError.self) { try exchange.judge(JSONValue.object(fewer + [renamed]).encoded()) }
        }
        let entries = draft.entries
        let swapped = draft.json.with("signatures", [entries[1], entries[0]])
        try Self.check(swapped.encoded(), exchange, "signatures in another order")
        #expect(try refusal { try exchange.judge(swapped.encoded()) } == nil)
        let doubled = draft.json.with("signatures", [entries[0], entries[1], entries[0]])
        #expect(try refusal { try exchange.judge(doubled.encoded()) } == .duplicateKID)
    }

    /// Headers and signatures of two good messages in every combination: only the two originals are accepted.
    @Test func partsOfTwoMessages_DoNotMix() throws {
        let exchange = Exchange()
        let one = try exchange.draft()
        let other = try exchange.with(claim: "seq", 43).draft()
        for mask in 0..<32 {
            func pick(_ bit: Int) -> Draft { mask >> bit & 1 == 0 ? one : other }
            var mixed = Draft(payload: pick(0).payload)
            mixed.signatures = (0..<2).map { place in
                Draft.Signature(
                    protected: pick(1 + 2 * place).signatures[place].protected,
                    signature: pick(2 + 2 * place).signatures[place].signature)
            }
            // The headers are the same in both, so the signatures decide.
            let isWhole = [mask & 1, mask >> 2 & 1, mask >> 4 & 1].allSatisfy { $0 == mask & 1 }
            #expect(try refusal { try exchange.judge(mixed.bytes) } == (isWhole ? nil : .badSignature), "\(mask)")
        }
    }

    /// Everybody but the two, in both places.
    @Test(arguments: Party.allCases, [Party.project, .coSigner])
    func signatureOfAnotherParty_IsRefused(_ forger: Party, _ place: Party) throws {
        guard forger != place else { return }
        let exchange = Exchange()
        var draft = Draft(exchange.claims)
        let key = forger.named(place.kid.text)
        try draft.sign(place == .project ? key : Party.project.signer, exchange.projectHeader)
        try draft.sign(place == .coSigner ? key : Party.coSigner.signer, exchange.coSignature)
        #expect(try refusal { try exchange.judge(draft.bytes) } == .badSignature)
    }
}
