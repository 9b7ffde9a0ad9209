import Testing

@testable import MenderServer

/// Forms however they are cut into chunks.
@Suite struct MultipartTests {
    private static func read(_ body: String, chunk: Int, type: String = "multipart/form-data; boundary=\"x y\"")
        async throws -> [String]
    {
        var rest = Array(body.utf8)[...]
        var reader = try MultipartReader(contentType: type) {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(chunk) }
            return Array(rest.prefix(chunk))
        }
        var parts: [String] = []
        while let part = try await reader.nextPart() {
            parts.append(part.name + ":" + (part.filename ?? "-") + ":" + (try await reader.text()))
        }
        return parts
    }

    private static let form = """
        before\r\n--x y\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--x \r\n--x\r\n\
        --x y\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name="b;c"; filename="q\\"q"\r\n\r\n\r\n\
        --x y--\r\nafter
        """

    @Test(arguments: 1...40)
    func parts_AreFoundInChunksOfAnySize(chunk: Int) async throws {
        #expect(try await Self.read(Self.form, chunk: chunk) == ["a:-:one\r\n--x \r\n--x", "b;c:q\"q:"])
    }

    @Test(arguments: [
        "", "--x y", "--x y\r\n", "--x y\r\nContent-Disposition: form-data; name=a\r\n\r\nno end",
        "--x y\r\nContent-Type: text/plain\r\n\r\n\r\n--x y--",
        "--x y\r\nA: \(String(repeating: "a", count: 9000))\r\n\r\n\r\n--x y--",
    ])
    func brokenForm_IsRefused(_ body: String) async {
        await #expect(throws: MenderError.self) { try await Self.read(body, chunk: 7) }
    }

    @Test(arguments: ["", "text/plain; boundary=a", "multipart/form-data", "multipart/form-data; boundary=\"\""])
    func typeThatIsNone_IsRefused(_ type: String) async {
        await #expect(throws: MenderError.self) { try await Self.read("--a--", chunk: 7, type: type) }
    }
}
