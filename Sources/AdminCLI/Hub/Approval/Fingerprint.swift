internal import AdminAPI

/// A fingerprint as people compare it.
enum Fingerprint {
    /// Digits a person types to show that they were compared.
    static let typed = 8

    /// In groups of four, `5f3a 90c1 …`.
    static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, index.isMultiple(of: 4) { text += " " }
            text.append(digit)
        }
        return text
    }

    /// Whether an answer is the end of the fingerprint; case, spaces and colons don't matter.
    static func isEnd(_ answer: String, of digits: String) -> Bool {
        let plain = answer.lowercased().filter { $0 != " " && $0 != ":" && $0 != "\t" }
        return digits.utf8.count >= typed && plain == digits.lowercased().suffix(typed)
    }
}

/// Asks a person to compare the key of a waiting device with what the device itself shows.
enum FingerprintQuestion {
    /// The fingerprint that was compared.
    static func ask(of device: AdminDevice) throws -> String {
        guard let fingerprint = device.fingerprint else {
            throw CommandFailure.failed(
                "\(device.deviceID) has not requested a certificate yet; wait until it does, or register its secret with oob add"
            )
        }
        let about = Output.pairs([
            "device": device.deviceID, "address": device.address, "mac": device.mac,
            "fingerprint": Fingerprint.grouped(fingerprint),
            "others": device.otherKeys.map { "asked \($0) times with another key" },
        ])
        Terminal.write(about + "\n", to: 2)
        let answer = Terminal.askOpenly(
            "Compare it with what the device shows, and type the last \(Fingerprint.typed) characters as the device shows them: "
        )
        guard let answer, Fingerprint.isEnd(answer, of: fingerprint) else {
            throw CommandFailure.failed(
                "these are not the last characters of the fingerprint; nothing was approved. If the device shows another fingerprint, approve that one with --fingerprint"
            )
        }
        return fingerprint
    }
}
