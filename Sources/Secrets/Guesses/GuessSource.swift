internal import Journal
internal import Synchronization

/// Who guesses, as it is counted: one machine, as far as its addresses show.
///
/// An IPv4 address, the /64 of an IPv6 address, and of a neighbour whatever ``Neighbours`` knows: one machine has an
/// IPv4 and a link-local address at least, and as many of its /64 as it likes.
package struct GuessSource: Sendable, Hashable {
    let name: String
}

/// Which addresses are one machine's. The watch over the networks knows (`HubDaemon`), and the hub asks it.
package final class Neighbours: Sendable {
    /// A name for the machine that has an address, the same for all its addresses; `nil` for one that is not a
    /// neighbour.
    package typealias Lookup = @Sendable (_ address: String) -> String?

    /// A closure in a `Mutex` by itself is wrapped once more whenever it is read; in a structure it is not.
    private struct State {
        var lookup: Lookup?
    }

    private let state = Mutex(State())

    /// Sets whom to ask; called once, while the hub is put together. The answer may take a moment.
    package func ask(_ lookup: @escaping Lookup) {
        state.withLock { $0.lookup = lookup }
    }

    func machine(at address: String) -> String? {
        state.withLock { $0.lookup }?(address)
    }
}

extension Secrets {
    /// Who guesses when a guess comes from an address. May ask the kernel: not for an event loop, nor inside a write.
    package func guessSource(of address: String) -> GuessSource {
        GuessSource(name: neighbours.machine(at: address) ?? NetworkAddress.source(of: address))
    }
}
