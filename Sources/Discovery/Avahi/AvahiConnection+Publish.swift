internal import CAvahi

extension AvahiConnection {
    /// How Avahi took a service.
    enum Acceptance: Equatable {
        case accepted
        /// This host itself announces the name already.
        case nameTaken
        case refused(reason: String)
    }

    /// Announces a service on all interfaces, instead of the one before. What becomes of it arrives as ``GroupState``.
    ///
    /// Always a new group: signals about the old one then reach nobody, whatever was still under way.
    mutating func publish(_ service: ServiceDescription) -> Acceptance {
        withdraw()
        guard let group = unsafe AvahiObject(avahi_entry_group_new(client, groupChanged, userData)) else {
            return .refused(reason: lastError.text)
        }
        self.group = group
        let txt = TXTList(service.txt)
        let added = unsafe avahi_entry_group_add_service_strlst(
            group.pointer, anyInterface, anyProtocol, AvahiPublishFlags(0), service.name, service.type, nil, nil,
            service.port, txt.list)
        guard added == 0 else {
            return added == AVAHI_ERR_COLLISION ? .nameTaken : .refused(reason: avahiText(added))
        }
        let committed = unsafe avahi_entry_group_commit(group.pointer)
        return committed == 0 ? .accepted : .refused(reason: avahiText(committed))
    }

    /// Withdraws what was announced.
    mutating func withdraw() {
        guard let group else { return }
        unsafe avahi_entry_group_free(group.pointer)
        self.group = nil
        inbox.dropGroupEvents()
    }

    /// The name to try after a taken one: `idprov`, `idprov #2`, `idprov #3`. Nil when Avahi would not take the name at
    /// all.
    static func nextName(after name: String) -> String? {
        // Avahi ends the process when asked about an invalid name.
        guard unsafe avahi_is_valid_service_name(name) != 0 else { return nil }
        guard let next = unsafe avahi_alternative_service_name(name) else { return nil }
        defer { unsafe avahi_free(next) }
        return unsafe String(cString: next)
    }
}

/// The only owner of a list of TXT strings in Avahi's form.
@safe private struct TXTList: ~Copyable {
    let list: UnsafeMutablePointer<AvahiStringList>?

    init(_ strings: [String]) {
        var list: UnsafeMutablePointer<AvahiStringList>?
        for string in strings {
            let bytes = Array(string.utf8)
            unsafe list = avahi_string_list_add_arbitrary(list, bytes, bytes.count)
        }
        unsafe self.list = list
    }

    deinit { unsafe avahi_string_list_free(list) }
}

private func groupChanged(
    _ group: OpaquePointer?, _ state: AvahiEntryGroupState, _ userData: UnsafeMutableRawPointer?
) {
    let event: GroupState
    switch state {
    case AVAHI_ENTRY_GROUP_ESTABLISHED: event = .established
    case AVAHI_ENTRY_GROUP_COLLISION: event = .collision
    case AVAHI_ENTRY_GROUP_FAILURE:
        event = .failed(reason: avahiText(unsafe avahi_client_errno(avahi_entry_group_get_client(group))))
    default: event = .pending
    }
    unsafe avahiInbox(userData)?.append(.group(event))
}
