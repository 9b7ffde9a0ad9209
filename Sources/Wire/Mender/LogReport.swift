package import Encoding

/// A device's log of a deployment that failed: the body of `PUT …/{id}/log` (docs/protocols/mender.md 7.5).
package struct LogReport: Sendable, Equatable {
    /// One line. All of it is untrusted text.
    package struct Message: Sendable, Equatable {
        package let level: String
        package let text: String
        /// A time as the device writes it.
        package let time: String

        package init(level: String, text: String, time: String) {
            self.level = level
            self.text = text
            self.time = time
        }
    }

    /// At least one.
    package var messages: [Message]

    /// Limits of the body: 1 MiB, whatever the number of messages.
    package static let limits = JSONLimits(bytes: 1 << 20, depth: 8, values: 1 << 18)

    package init(_ messages: [Message]) {
        self.messages = messages
    }

    /// Reads a body; unknown members are skipped.
    ///
    /// - Throws: `missingMember` without a message, `invalidMember` for one without level, text or time.
    package init(parsing bytes: [UInt8]) throws(MessageError) {
        let body = try JSONValue(parsing: bytes, limits: Self.limits)
        guard let elements = body["messages"]?.array, !elements.isEmpty else { throw .missingMember("messages") }
        messages = []
        messages.reserveCapacity(elements.count)
        for element in elements {
            guard let level = element["level"]?.string, let text = element["message"]?.string,
                let time = element["timestamp"]?.string
            else { throw .invalidMember("messages") }
            messages.append(Message(level: level, text: text, time: time))
        }
    }

    /// The body as bytes.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 64 * messages.count + 32)
        writer.object { writer in
            writer.name("messages")
            writer.array { writer in
                for message in messages {
                    writer.object { writer in
                        writer.member("level", message.level)
                        writer.member("message", message.text)
                        writer.member("timestamp", message.time)
                    }
                }
            }
        }
        return writer.bytes
    }
}
