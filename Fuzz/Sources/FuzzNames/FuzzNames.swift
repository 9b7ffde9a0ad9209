import Glibc
import PKI
import Wire

/// Names that others write: the authority of a request, a host in a certificate, a device ID. One text, read as each.
@_cdecl("LLVMFuzzerTestOneInput")
func readNames(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let text = String(decoding: input, as: UTF8.self)
    checkAuthority(text)
    checkHostName(text)
    checkDeviceID(input, text)
    return 0
}

/// What is handed out is read as the same authority, and is plain: it goes into URLs.
private func checkAuthority(_ text: String) {
    guard let read = RequestAuthority(text) else { return }
    precondition(RequestAuthority(read.text)?.text == read.text, "read again it is another authority")
    precondition(read.text.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "not for a URL")
    precondition(!read.text.utf8.contains { "/?#@\\".utf8.contains($0) }, "more than host and port")
}

/// A name that is taken, or proposed instead, is taken again as it is.
private func checkHostName(_ text: String) {
    do {
        let name = try HostName.read(text)
        precondition((try? HostName.read(name)) == name && name.utf8.count <= 253, "read again it is another name")
    } catch .international(let proposed?) {
        precondition((try? HostName.read(proposed)) == proposed, "what is proposed is refused")
    } catch {
        precondition(!error.message.isEmpty)
    }
}

/// Bytes and text are judged alike, and what is taken is within its limits.
private func checkDeviceID(_ input: [UInt8], _ text: String) {
    let problem = DeviceID.problem(in: input[...])
    guard String(validating: input, as: UTF8.self) != nil else {
        precondition(problem != nil, "taken as text")
        return
    }
    precondition(DeviceID.problem(in: text) == problem, "bytes and text are judged differently")
    guard problem == nil else { return }
    precondition((1...64).contains(text.unicodeScalars.count), "an ID outside its limit")
    precondition(!text.unicodeScalars.contains { "/+#\\".unicodeScalars.contains($0) }, "a reserved character")
}

extension SourceAddress {
    /// In place of the one that the hub has from NIO; both ask `inet_pton` for texts of these characters.
    init?(text: String) {
        guard text.utf8.count <= 64, text.utf8.allSatisfy({ "0123456789abcdefABCDEF:.".utf8.contains($0) }) else {
            return nil
        }
        var ipv4 = in_addr()
        var ipv6 = in6_addr()
        if unsafe inet_pton(AF_INET, text, &ipv4) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: ipv4) { unsafe Array($0) })
        } else if unsafe inet_pton(AF_INET6, text, &ipv6) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: ipv6) { unsafe Array($0) })
        } else {
            return nil
        }
    }
}
