import Encoding
import Testing
import Wire

/// A device's end of the file protocol that was written down before: what it says, in order, and what it was told.
private struct ScriptedChannel: LinkChannel {
    struct Silence: Error {}

    /// What the device still says.
    var answers: [LinkEnvelope]
    private(set) var sent: [LinkEnvelope] = []

    init(_ answers: [LinkEnvelope]) {
        self.answers = answers
    }

    mutating func send(_ envelope: LinkEnvelope) { sent.append(envelope) }

    mutating func next() throws -> LinkEnvelope {
        guard !answers.isEmpty else { throw Silence() }
        return answers.removeFirst()
    }
}

/// Both directions of a file's way (docs/protocols/mender.md 13.4): order, acknowledgements, and devices that answer
/// something else.
@Suite struct LinkTransferTests {
    private static func chunk(_ content: [UInt8], at offset: Int64?) -> LinkEnvelope {
        var chunk = LinkEnvelope(.files, "file_chunk", body: content)
        if let offset { chunk.set("offset", offset) }
        return chunk
    }

    private static func ack(_ offset: Int64) -> LinkEnvelope {
        var ack = LinkEnvelope(.files, "ack")
        ack.set("offset", offset)
        return ack
    }

    private static func info(mode: Int64?) -> LinkEnvelope {
        LinkEnvelope(.files, "file_info", body: LinkBody.File(path: "/f", size: 3, mode: mode).encoded())
    }

    @Test(arguments: [nil, 0, 0o644, 0o777, 0o40_0755] as [Int64?]) func plainFile_IsTold(mode: Int64?) async throws {
        var transfer = LinkTransfer(ScriptedChannel([Self.info(mode: mode)]))
        #expect(try await transfer.info("/f").mode == mode)
        #expect(transfer.channel.sent == [LinkEnvelope(.files, "stat", body: LinkBody.Path("/f").encoded())])
    }

    /// Folder, link, device, pipe, socket and character device in the bits of the devices' language.
    @Test(arguments: [1 << 31, 1 << 27, 1 << 26, 1 << 25, 1 << 24, 1 << 21, 1 << 19] as [Int64])
    func whatIsNoFile_IsRefused(bit: Int64) async throws {
        var transfer = LinkTransfer(ScriptedChannel([Self.info(mode: bit | 0o755)]))
        await #expect(throws: LinkTransferError.notAFile) { try await transfer.info("/f") }
    }

    @Test func otherAnswerToStat_IsOutOfTurn() async {
        for answer in [LinkEnvelope(.files, "ack"), LinkEnvelope(.files, "file_info", body: [0x80])] {
            var transfer = LinkTransfer(ScriptedChannel([answer]))
            await #expect(throws: LinkTransferError.outOfTurn) { try await transfer.info("/f") }
        }
    }

    @Test(arguments: [0, 1, 9, 10, 11, 20, 25]) func received_IsAcknowledgedEveryTenChunks(count: Int) async throws {
        let chunks = (0..<count).map { [UInt8](repeating: UInt8($0), count: $0 + 1) }
        var offset: Int64 = 0
        var answers: [LinkEnvelope] = []
        var sums: [Int64] = []
        for (index, content) in chunks.enumerated() {
            answers.append(Self.chunk(content, at: offset))
            offset += Int64(content.count)
            if (index + 1).isMultiple(of: 10) { sums.append(offset) }
        }
        answers.append(Self.chunk([], at: offset))
        var transfer = LinkTransfer(ScriptedChannel(answers))
        let first = try await transfer.begin("/f")
        #expect(transfer.channel.sent == [LinkEnvelope(.files, "get_file", body: LinkBody.Path("/f").encoded())])
        var taken: [[UInt8]] = []
        let size = try await transfer.receive(first: first) { taken.append($0) }
        #expect(size == offset && taken == chunks && transfer.channel.answers.isEmpty)
        #expect(transfer.channel.sent.dropFirst() == (sums + [offset]).map(Self.ack)[...])
    }

    @Test func chunkThatDoesNotFollow_EndsTheTransfer() async throws {
        for wrong in [Self.chunk([2], at: 0), Self.chunk([2], at: 2), Self.ack(1), LinkEnvelope(.files, "error")] {
            var transfer = LinkTransfer(ScriptedChannel([Self.chunk([1], at: 0), wrong]))
            let first = try await transfer.begin("/f")
            await #expect(throws: LinkTransferError.outOfTurn) { try await transfer.receive(first: first) { _ in } }
        }
        // A device that names no offset is believed that it sends in order.
        var transfer = LinkTransfer(ScriptedChannel([Self.chunk([1], at: nil), Self.chunk([], at: nil)]))
        let first = try await transfer.begin("/f")
        #expect(try await transfer.receive(first: first) { _ in } == 1)
    }

    @Test func fileThatStopsComing_ThrowsWhatTheChannelThrows() async throws {
        var transfer = LinkTransfer(ScriptedChannel([Self.chunk([1], at: 0)]))
        let first = try await transfer.begin("/f")
        await #expect(throws: ScriptedChannel.Silence.self) { try await transfer.receive(first: first) { _ in } }
        // Nothing was acknowledged as the whole.
        #expect(transfer.channel.sent.map(\.type) == ["get_file"])
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 20_000]) func sentFile_GoesInChunksAndEndsWithAnEmptyOne(
        size: Int
    ) async throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var pieces = stride(from: 0, to: size, by: 9000).map { Array(content[$0..<min($0 + 9000, size)]) }
        var transfer = LinkTransfer(ScriptedChannel([Self.ack(0), Self.ack(Int64(size))]))
        let file = LinkBody.File(path: "/f", size: Int64(size))
        var progress: [Int64] = []
        let sent = try await transfer.send(file, onProgress: { progress.append($0) }) {
            pieces.isEmpty ? nil : pieces.removeFirst()
        }
        #expect(sent == Int64(size) && progress == [Int64(size)])
        let messages = transfer.channel.sent
        #expect(messages[0] == LinkEnvelope(.files, "put_file", body: file.encoded()))
        let chunks = messages.dropFirst()
        #expect(chunks.dropLast().flatMap(\.body) == content && chunks.last?.body == [])
        #expect(chunks.dropLast().allSatisfy { (1...LinkEnvelope.chunk).contains($0.body.count) })
        var offset: Int64 = 0
        for chunk in chunks {
            #expect(chunk.number("offset") == offset && chunk.encoded().count <= LinkEnvelope.deviceLimit)
            offset += Int64(chunk.body.count)
        }
    }

    /// At most 20 chunks are on their way: the 21st waits until the device has said that it has some.
    @Test func slowDevice_IsNotSentMoreThanItsWindow() async {
        let content = [UInt8](repeating: 1, count: 30 * LinkEnvelope.chunk)
        for (acknowledged, expected) in [(0, 20), (1, 21), (5, 25)] {
            let told = acknowledged == 0 ? [] : [Self.ack(Int64(acknowledged * LinkEnvelope.chunk))]
            var transfer = LinkTransfer(ScriptedChannel([Self.ack(0)] + told))
            var rest: [UInt8]? = content
            await #expect(throws: ScriptedChannel.Silence.self) {
                try await transfer.send(LinkBody.File(path: "/f")) {
                    defer { rest = nil }
                    return rest
                }
            }
            #expect(transfer.channel.sent.count { $0.type == "file_chunk" } == expected)
        }
    }

    @Test func answerThatIsNoAcknowledgement_EndsTheTransfer() async {
        for wrong in [LinkEnvelope(.files, "ack"), Self.ack(-1), Self.chunk([], at: 0)] {
            var transfer = LinkTransfer(ScriptedChannel([wrong]))
            await #expect(throws: LinkTransferError.outOfTurn) {
                try await transfer.send(LinkBody.File(path: "/f")) { nil }
            }
            #expect(transfer.channel.sent.map(\.type) == ["put_file"])
        }
    }
}
