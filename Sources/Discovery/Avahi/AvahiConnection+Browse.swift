internal import CAvahi
internal import Glibc

extension AvahiConnection {
    /// Looks for services of a type on all interfaces; instances arrive as events.
    /// - Returns: nil, or why Avahi does not.
    mutating func browse(_ type: String) -> String? {
        browser = unsafe AvahiObject(
            avahi_service_browser_new(
                client, anyInterface, anyProtocol, type, nil, AvahiLookupFlags(0), instanceSeen, userData))
        return isBrowsing ? nil : lastError.text
    }

    var isBrowsing: Bool { browser != nil }

    /// Resolves an instance to its IPv4 and its IPv6 address, and again whenever its record changes.
    ///
    /// One resolver gives one address of one family, hence two; the one that finds nothing costs nothing.
    mutating func resolve(_ instance: ServiceInstance, type: String) {
        guard resolvers[instance] == nil else { return }
        resolvers[instance] = [AVAHI_PROTO_INET, AVAHI_PROTO_INET6].compactMap { family in
            unsafe AvahiObject(
                avahi_service_resolver_new(
                    client, instance.interface, instance.transport, instance.name, type, instance.domain,
                    AvahiProtocol(family), AvahiLookupFlags(0), instanceResolved, userData))
        }
    }

    /// Ends what ``resolve(_:type:)`` began.
    mutating func forget(_ instance: ServiceInstance) {
        for resolver in resolvers.removeValue(forKey: instance) ?? [] {
            unsafe avahi_service_resolver_free(resolver.pointer)
        }
    }

    /// Whether Avahi would browse for this type at all.
    static func isValidType(_ type: String) -> Bool {
        unsafe avahi_is_valid_service_type_generic(type) != 0
    }
}

private func instanceSeen(
    _ browser: OpaquePointer?, _ interface: AvahiIfIndex, _ transport: AvahiProtocol, _ event: AvahiBrowserEvent,
    _ name: UnsafePointer<CChar>?, _ type: UnsafePointer<CChar>?, _ domain: UnsafePointer<CChar>?,
    _ flags: AvahiLookupResultFlags, _ userData: UnsafeMutableRawPointer?
) {
    guard let inbox = unsafe avahiInbox(userData) else { return }
    guard event != AVAHI_BROWSER_FAILURE else {
        let code = unsafe avahi_client_errno(avahi_service_browser_get_client(browser))
        return inbox.append(.browserFailed(reason: avahiText(code)))
    }
    guard let name = unsafe name, let domain = unsafe domain else { return }
    let instance = unsafe ServiceInstance(
        name: String(cString: name), domain: String(cString: domain), interface: interface, transport: transport)
    switch event {
    case AVAHI_BROWSER_NEW: inbox.append(.appeared(instance))
    case AVAHI_BROWSER_REMOVE: inbox.append(.disappeared(instance))
    default: break
    }
}

private func instanceResolved(
    _ resolver: OpaquePointer?, _ interface: AvahiIfIndex, _ transport: AvahiProtocol, _ event: AvahiResolverEvent,
    _ name: UnsafePointer<CChar>?, _ type: UnsafePointer<CChar>?, _ domain: UnsafePointer<CChar>?,
    _ hostName: UnsafePointer<CChar>?, _ address: UnsafePointer<AvahiAddress>?, _ port: UInt16,
    _ txt: UnsafeMutablePointer<AvahiStringList>?, _ flags: AvahiLookupResultFlags,
    _ userData: UnsafeMutableRawPointer?
) {
    guard event == AVAHI_RESOLVER_FOUND, port != 0, let inbox = unsafe avahiInbox(userData) else { return }
    guard let name = unsafe name, let domain = unsafe domain, let hostName = unsafe hostName else { return }
    guard let address = unsafe address, let resolved = unsafe resolvedAddress(address, interface) else { return }
    let instance = unsafe ServiceInstance(
        name: String(cString: name), domain: String(cString: domain), interface: interface, transport: transport)
    inbox.append(
        .resolved(
            ResolvedInstance(
                instance: instance, hostName: unsafe String(cString: hostName), port: port, address: resolved,
                txt: unsafe strings(txt))))
}

private func resolvedAddress(_ address: UnsafePointer<AvahiAddress>, _ interface: AvahiIfIndex) -> ResolvedAddress? {
    let isIPv6 = unsafe address.pointee.proto == AVAHI_PROTO_INET6
    let bytes = unsafe withUnsafeBytes(of: address.pointee.data) { unsafe Array($0.prefix(isIPv6 ? 16 : 4)) }
    let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(AVAHI_ADDRESS_STR_MAX)) { buffer in
        guard let text = unsafe avahi_address_snprint(buffer.baseAddress, buffer.count, address) else { return "" }
        return unsafe String(cString: text)
    }
    return ResolvedAddress(bytes: bytes, text: text, scope: interfaceName(interface))
}

/// The scope of a link-local address: the name people know, else the number.
private func interfaceName(_ index: AvahiIfIndex) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
        guard let name = unsafe if_indextoname(UInt32(bitPattern: index), buffer.baseAddress) else { return "\(index)" }
        return unsafe String(cString: name)
    }
}

/// The strings of a TXT record, in the order Avahi gives them: that of the record with 0.8, the opposite with 0.9
/// (commit 29e75aad). At most 64 of them: a record that says more is none of ours.
private func strings(_ txt: UnsafeMutablePointer<AvahiStringList>?) -> [String] {
    var strings: [String] = []
    var next = unsafe txt
    while let item = unsafe next, strings.count < 64 {
        let text = unsafe UnsafeBufferPointer(start: avahi_string_list_get_text(item), count: item.pointee.size)
        unsafe strings.append(String(decoding: text, as: UTF8.self))
        unsafe next = item.pointee.next
    }
    return strings
}
