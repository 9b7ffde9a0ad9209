internal import Encoding

enum SVGLabels {
    /// One label of its own.
    static func single(_ label: Label) -> String {
        document(width: Sheet.labelWidth, height: Sheet.labelHeight, content: drawing(label, x: 0, y: 0))
    }

    /// One A4 page.
    static func sheet(_ labels: [Label]) -> String {
        let content = labels.enumerated().map { index, label in
            let corner = Sheet.corner(index)
            return drawing(label, x: corner.x, y: corner.y)
        }
        return document(width: Sheet.width, height: Sheet.height, content: content.joined())
    }

    private static func document(width: Double, height: Double, content: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="\(width)mm" height="\(height)mm" viewBox="0 0 \(width) \(height)">
        <rect width="\(width)" height="\(height)" fill="#fff"/>
        \(content)</svg>

        """
    }

    private static func drawing(_ label: Label, x: Double, y: Double) -> String {
        let module = Sheet.codeSide / Double(label.code.size)
        let left = x + (Sheet.labelWidth - Sheet.codeSide) / 2
        let path = label.code.runs.map { run in
            "M\(run.column) \(run.row)h\(run.length)v1h-\(run.length)z"
        }.joined()
        let text = text(label.deviceID)
        return """
            <path transform="translate(\(left) \(y + 3)) scale(\(module))" d="\(path)"/>
            <text x="\(x + Sheet.labelWidth / 2)" y="\(y + 33.5)" font-family="monospace" font-size="3" text-anchor="middle">\(text)</text>

            """
    }

    /// Character by character as XML counts them: a `<` with a joiner behind it is one `Character`, and still a `<`.
    /// What acts instead of being seen, and what XML has no place for, is a question mark; the code holds the exact ID.
    static func text(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "<": "&lt;"
            case ">": "&gt;"
            case "&": "&amp;"
            case "\"": "&quot;"
            case "'": "&apos;"
            case "\u{FFFE}", "\u{FFFF}": "?"
            default: PlainText.acts(scalar) ? "?" : String(scalar)
            }
        }.joined()
    }
}

/// Labels as PDF 1.4: vectors and the built-in font Courier, one page per sheet.
enum PDFLabels {
    private static let pointsPerMillimetre = 72 / 25.4

    static func document(_ pages: [[Label]]) -> [UInt8] {
        let pageIDs = pages.indices.map { 4 + 2 * $0 }
        var objects = [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [\(pageIDs.map { "\($0) 0 R" }.joined(separator: " "))] /Count \(pages.count) >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        ]
        for (page, id) in zip(pages, pageIDs) {
            let content = drawing(page)
            objects.append(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595.276 841.890] /Resources << /Font << /F 3 0 R >> >> "
                    + "/Contents \(id + 1) 0 R >>")
            objects.append("<< /Length \(content.utf8.count) >>\nstream\n\(content)endstream")
        }
        return file(objects)
    }

    private static func file(_ objects: [String]) -> [UInt8] {
        var text = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(text.utf8.count)
            text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let start = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets {
            let digits = String(offset)
            text += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        text += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
        return Array(text.utf8)
    }

    private static func drawing(_ labels: [Label]) -> String {
        var content = ""
        for (index, label) in labels.enumerated() {
            let corner = Sheet.corner(index)
            let module = Sheet.codeSide / Double(label.code.size)
            let left = corner.x + (Sheet.labelWidth - Sheet.codeSide) / 2
            for run in label.code.runs {
                content += rectangle(
                    left + Double(run.column) * module, corner.y + 3 + Double(run.row) * module,
                    Double(run.length) * module, module)
            }
            content += "f\n"
            content += text(label.deviceID, centre: corner.x + Sheet.labelWidth / 2, baseline: corner.y + 33.5)
        }
        return content
    }

    private static func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
        "\(points(x)) \(points(Sheet.height - y - height)) \(points(width)) \(points(height)) re\n"
    }

    /// Courier's characters are 0.6 of the size wide. What the font does not have is shown as a question mark; the code
    /// holds the exact ID.
    private static func text(_ text: String, centre: Double, baseline: Double) -> String {
        let size = 8.5
        let shown = text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" }
        let width = Double(shown.count) * 0.6 * size / pointsPerMillimetre
        let escaped = shown.map { "()\\".contains($0) ? "\\\($0)" : String($0) }.joined()
        return
            "BT /F \(size) Tf \(points(centre - width / 2)) \(points(Sheet.height - baseline)) Td (\(escaped)) Tj ET\n"
    }

    private static func points(_ millimetres: Double) -> String {
        let thousandths = Int((millimetres * pointsPerMillimetre * 1000).rounded())
        let fraction = String(abs(thousandths) % 1000)
        return "\(thousandths < 0 ? "-" : "")\(abs(thousandths) / 1000)."
            + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
