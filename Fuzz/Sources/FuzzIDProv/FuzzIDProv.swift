import Encoding
import Wire

/// One input to every reader of IDProv messages: none may trap, and what is read must survive being written and read
/// again, or the signature over the canonical form would cover other values than the hub acts on.
@_cdecl("LLVMFuzzerTestOneInput")
func readMessages(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    checkRequest(body)
    checkResponse(body)
    checkDirectory(body)
    if let post = try? OOBSecretPost(parsing: body) {
        check(post.encoded()) { try OOBSecretPost(parsing: $0).encoded() }
    }
    if let status = try? StatusResponse(parsing: body) {
        check(status.encoded()) { try StatusResponse(parsing: $0).encoded() }
    }
    // Escapes make some texts longer than they came, and a report is short.
    if let report = try? HubReport(parsing: body), report.encoded().count <= HubReport.bodyLimit {
        check(report.encoded()) { try HubReport(parsing: $0).encoded() }
    }
    return 0
}

/// The request, its canonical form and the reading of the bytes as received agree.
private func checkRequest(_ body: [UInt8]) {
    let blanked = ProvisionRequest.blankingSignature(in: body)
    guard let request = try? ProvisionRequest(parsing: body) else { return }
    check(request.canonical(blankSignature: false)) {
        try ProvisionRequest(parsing: $0).canonical(blankSignature: false)
    }
    guard let blanked else {
        precondition(request.signature.isEmpty, "a signature that only one reading sees")
        return
    }
    let message = request.canonical(blankSignature: true)
    check(message, from: blanked) { try ProvisionRequest(parsing: $0).canonical(blankSignature: false) }
}

private func checkResponse(_ body: [UInt8]) {
    let blanked = ProvisionResponse.blankingSignature(in: body)
    guard let response = try? ProvisionResponse(parsing: body) else { return }
    check(response.canonical(blankSignature: false)) {
        try ProvisionResponse(parsing: $0).canonical(blankSignature: false)
    }
    guard let blanked else {
        precondition(response.signature.isEmpty, "a signature that only one reading sees")
        return
    }
    let message = response.canonical(blankSignature: true)
    check(message, from: blanked) { try ProvisionResponse(parsing: $0).canonical(blankSignature: false) }
}

/// The directory survives, and an unpinned one leads nowhere but to the host it came from.
private func checkDirectory(_ body: [UInt8]) {
    guard let directory = try? Directory(parsing: body) else { return }
    check(directory.encoded()) { try Directory(parsing: $0).encoded() }
    let origin = "https://192.0.2.1:43776/"
    _ = try? directory.resolved(fetchedFrom: origin + "idprov/directory", pinned: true)
    guard let resolved = try? directory.resolved(fetchedFrom: origin + "idprov/directory", pinned: false) else {
        return
    }
    for url in [resolved.postProvisionRequest, resolved.status(of: "../a?b#c")] {
        precondition(url.hasPrefix(origin), "an unpinned directory leads to another host")
    }
}

/// Reading `source` (or `expected` itself) again gives `expected`. Escapes can make a message longer than the limit;
/// such a message is left out.
private func check(_ expected: [UInt8], from source: [UInt8]? = nil, again: ([UInt8]) throws -> [UInt8]) {
    let source = source ?? expected
    guard source.count <= JSONLimits.message.bytes else { return }
    let written = try? again(source)
    precondition(written == expected, "another value, or none, after being written and read")
}
