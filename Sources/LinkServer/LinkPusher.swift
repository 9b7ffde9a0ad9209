internal import Journal
internal import Presence
internal import ServiceLifecycle
internal import Updates

/// Tells connected devices that something is there to install, as soon as it is, whatever protocol their link speaks.
package struct LinkPusher: Service {
    /// Devices that are told at the same time: what each may have is decided by the store.
    private static let width = 32
    private static let keyInterval = Duration.seconds(1)

    private let services: LinkServices

    package init(services: LinkServices) {
        self.services = services
    }

    package func run() async throws {
        // Beside each other: one device that is pushed something does not wait for a fleet.
        let streams = (fleets: subscribe(), few: subscribe(), settings: subscribe())
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await notice in streams.fleets where notice.kind == .offer && !isFew(notice) {
                        await tell(notice)
                    }
                }
                group.addTask {
                    for await notice in streams.few where notice.kind == .offer && isFew(notice) { await tell(notice) }
                }
                group.addTask {
                    for await notice in streams.settings {
                        if notice.kind == .settings { await tellMode(notice) }
                        if notice.kind == .archive { await tellArchive(notice) }
                    }
                }
                group.addTask { await watchKeys() }
            }
        }
    }

    // An update that was aborted is told to nobody: the protocol has no word for it.
    private func subscribe() -> AsyncStream<UpdateNotice> { services.updates.notices.subscribe() }

    private func isFew(_ notice: UpdateNotice) -> Bool { notice.devices.count <= Self.width }

    /// Sends keys that an operator adds to devices that are connected: one without any refuses the next update. What
    /// has not changed costs no look into the store.
    private func watchKeys() async {
        var known = try? await services.keys()
        while (try? await Task.sleep(for: Self.keyInterval)) != nil {
            guard let keys = try? await services.keys() else { continue }
            let (isFirmwareNew, isArchiveNew) = (keys.firmware != known?.firmware, keys.archive != known?.archive)
            known = keys
            guard isFirmwareNew || isArchiveNew else { continue }
            for link in services.presence.all().compactMap({ $0.link as? NervesLink }) {
                if isFirmwareNew { link.push(keys.firmware, of: .firmware) }
                if isArchiveNew { link.push(keys.archive, of: .archive) }
            }
        }
    }

    private func tellMode(_ notice: UpdateNotice) async {
        for link in notice.devices.flatMap({ services.presence.links(of: $0) }).compactMap({ $0.link as? NervesLink })
        where link.knowsModes { await services.pushMode(to: link) }
    }

    private func tellArchive(_ notice: UpdateNotice) async {
        let links = notice.devices.flatMap { services.presence.links(of: $0) }.compactMap { $0.link as? NervesLink }
        for start in stride(from: 0, to: links.count, by: Self.width) {
            await withTaskGroup(of: Void.self) { group in
                for link in links[start..<min(start + Self.width, links.count)] {
                    group.addTask { await services.pushArchive(to: link) }
                }
            }
        }
    }

    private func tell(_ notice: UpdateNotice) async {
        let links = notice.devices.flatMap { services.presence.links(of: $0) }.map(\.link)
            .filter { $0.abilities.contains(.push) }
        var slots = notice.slots ?? links.count
        var rest = links[...]
        // Some at a time; no more of them than can begin.
        while slots > 0, !rest.isEmpty {
            let batch = rest.prefix(min(slots, Self.width))
            rest = rest.dropFirst(batch.count)
            slots -= await offer(to: batch)
        }
    }

    /// How many of them were given something.
    private func offer(to links: ArraySlice<any DeviceLink>) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for link in links {
                group.addTask {
                    if let link = link as? NervesLink { return await services.offer(link) }
                    // Such a device asks; one that can't be told asks by itself, or when it connects. Whether it gets
                    // something is not known here.
                    try? await link.tell(.updateWaits, by: LinkVisitor(id: "hub", requester: .hub))
                    return false
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
    }
}
