internal import ArgumentParser
internal import Files
internal import Glibc

struct LabelCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Create printable QR labels from a CSV of secrets.",
        discussion: """
            Reads deviceID and secret from a CSV as written by oob generate; needs no hub. A sheet is A4 with 3 x 8
            labels of 70 x 37 mm; the following pages get a number in their names.

            Examples:
              oob label lamps.csv --sheet lamps.svg
              oob label lamps.csv --sheet lamps.pdf
              oob label lamps.csv --single labels
            """)

    @Argument(help: "CSV file, - for standard input.") var file: String
    @Option(help: "Sheet to write, .svg or .pdf.") var sheet: String?
    @Option(help: "Folder for one SVG per device.") var single: String?

    func validate() throws {
        guard (sheet == nil) != (single == nil) else { throw ValidationError("give either --sheet or --single") }
        guard sheet.map({ $0.hasSuffix(".svg") || $0.hasSuffix(".pdf") }) ?? true else {
            throw ValidationError("a sheet is a .svg or a .pdf file")
        }
    }

    func work() async throws {
        let labels = try LabelSource.labels(in: file)
        if let single {
            try writeSingles(labels, to: single)
        } else if let sheet {
            try writeSheets(labels, to: sheet)
        }
        Terminal.complain("\(labels.count) labels; they hold the secrets, so keep the files private")
    }

    private func writeSingles(_ labels: [Label], to folder: String) throws {
        try SecureFile.makeFolder(folder, mode: 0o700, isNamed: true)
        for (number, label) in labels.enumerated() {
            // An ID may hold a slash or dots, so the number makes the name and the ID only helps people.
            let plain = label.deviceID.map { $0.isLetter || $0.isNumber || $0 == "-" ? String($0) : "_" }.joined()
            try SecureFile.write(
                SVGLabels.single(label), to: "\(folder)/\(number + 1)-\(plain.prefix(64)).svg", mode: 0o600)
        }
    }

    private func writeSheets(_ labels: [Label], to path: String) throws {
        let pages = stride(from: 0, to: labels.count, by: Sheet.perPage).map { start in
            Array(labels[start..<min(start + Sheet.perPage, labels.count)])
        }
        if path.hasSuffix(".pdf") { return try SecureFile.write(PDFLabels.document(pages), to: path, mode: 0o600) }
        for (number, page) in pages.enumerated() {
            let name = pages.count == 1 ? path : path.dropLast(4) + "-\(number + 1).svg"
            try SecureFile.write(SVGLabels.sheet(page), to: name, mode: 0o600)
        }
    }
}

/// One label: what it says, and its code.
struct Label: Sendable {
    /// Device ID, as text under the code.
    let deviceID: String
    let code: QRCode
}

/// The geometry of a sheet, in millimetres: A4, 3 x 8 labels without gaps.
enum Sheet {
    static let width = 210.0
    static let height = 297.0
    static let columns = 3
    static let rows = 8
    static let labelWidth = 70.0
    static let labelHeight = 37.125
    static let codeSide = 26.0
    static let perPage = columns * rows

    /// Upper left corner of a label on its page.
    static func corner(_ index: Int) -> (x: Double, y: Double) {
        (Double(index % columns) * labelWidth, Double(index / columns) * labelHeight)
    }
}
