internal import CMalloc
internal import ServiceLifecycle

/// Keeps what connections took from staying with the process when they are gone.
package enum Heap {
    /// Blocks of this size and more are mapped one by one: pages of them that are never written to cost nothing, and
    /// they go back to the kernel when they are freed. The TLS library takes one of 32 KiB and one of 16 KiB for each
    /// connection and writes to a few pages of them.
    private static let mapped: Int32 = 16 * 1024

    /// Before the first thread is started.
    package static func configure() {
        _ = mallopt(M_MMAP_THRESHOLD, mapped)
        _ = mallopt(M_MMAP_MAX, 60_000)
        _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
    }

    /// Gives free pages back to the kernel, wherever they lie in the heap.
    static func trim() {
        _ = malloc_trim(0)
    }
}

/// Gives back twice a minute what is free.
package struct HeapTrimming: Service {
    package init() {}

    package func run() async throws {
        await Repetition(every: .seconds(30)).run { Heap.trim() }
    }
}
