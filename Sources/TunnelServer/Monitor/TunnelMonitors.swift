internal import Encoding
internal import NIOCore
internal import PKI
internal import Wire

/// The monitors that are connected (docs/protocols/tunnel.md C1). Lives on the event loop of its ``TunnelCore``.
final class TunnelMonitors {
    /// Most monitors at a time: each costs a report a second.
    static let limit = 8

    private var all: [ObjectIdentifier: TunnelMonitor] = [:]
    /// The first half of the IDs that reports give connections.
    private let prefix = SecureRandom.bytes(8)
    private var seconds = 0
    /// Connections that may be told of until the next second; below zero what was told too much.
    private var lines = TunnelMonitors.linesPerSecond
    /// Writing reports holds the tunnels up: all monitors together are told of so many connections in a second.
    private static let linesPerSecond = 8000
    /// What a report costs without any connection.
    private static let emptyReport = 16

    func add(_ monitor: TunnelMonitor) -> Bool {
        guard all.count < Self.limit else { return false }
        all[ObjectIdentifier(monitor)] = monitor
        return true
    }

    func remove(_ monitor: TunnelMonitor) {
        all[ObjectIdentifier(monitor)] = nil
    }

    func closeAll() {
        for monitor in all.values { monitor.close() }
    }

    /// Once a second; with many connections less often, as writing the report holds the tunnels up.
    func tick(_ core: TunnelCore) {
        seconds += 1
        lines = min(Self.linesPerSecond, lines + Self.linesPerSecond)
        for monitor in all.values { monitor.answer() }
        let listeners = all.values.filter(\.isListening)
        guard !listeners.isEmpty, seconds.isMultiple(of: 1 + core.ends.count / 2000) else { return }
        lines -= Self.emptyReport + core.ends.count
        let report = TunnelReport(core: core, listsAll: true, apiVersion: "0.3").document()
        for monitor in listeners { monitor.write(report) }
    }

    /// A report for one monitor; `nil` when there were as many as there may be until the next second.
    func report(_ core: TunnelCore, listsAll: Bool, apiVersion: String) -> [UInt8]? {
        guard lines > 0 else { return nil }
        lines -= Self.emptyReport + core.ends.count
        return TunnelReport(core: core, listsAll: listsAll, apiVersion: apiVersion).document()
    }

    /// The ID that reports give a connection.
    func uuid(_ id: EndID) -> TunnelUUID {
        let bytes = prefix + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: id >> $0) }
        guard let uuid = TunnelUUID(bytes: bytes) else { preconditionFailure("8 and 8 bytes are 16") }
        return uuid
    }
}

/// One monitor: it gets a report every second until it asks for one itself; from then on it gets what it asks for, one
/// report in a turn of the event loop. Nothing is read from it while its requests wait.
final class TunnelMonitor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var isListening = true
    private let core: TunnelCore
    private var context: ChannelHandlerContext?
    private var documents = TunnelDocuments()
    /// Whether all servers are asked for, by a request that has no answer yet.
    private var pendingRequest: Bool?
    private var next: Scheduled<Void>?
    private var isReading = true
    /// Between two reports all connections are looked at.
    private static let pause = TimeAmount.milliseconds(1)

    init(core: TunnelCore) {
        self.core = core
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        guard core.monitors.add(self) else { return context.close(promise: nil) }
        if let report = core.monitors.report(core, listsAll: true, apiVersion: "0.3") { write(report) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        core.monitors.remove(self)
        next?.cancel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let received = unwrapInboundIn(data)
        documents.append(received.readableBytesUInt8Span)
        answer()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answer()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Answers the next request, if it may.
    func answer() {
        guard let context, next == nil, takeRequest() else { return }
        guard let listsAll = pendingRequest else { return setReading(true) }
        setReading(false)
        guard context.channel.isWritable,
            let report = core.monitors.report(core, listsAll: listsAll, apiVersion: "6")
        else { return }
        pendingRequest = nil
        write(report)
        next = context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [weak self] in
            self?.next = nil
            self?.answer()
        }
    }

    /// Whether the monitor keeps to the protocol.
    private func takeRequest() -> Bool {
        guard pendingRequest == nil else { return true }
        do {
            guard let document = try documents.next() else { return true }
            guard let listsAll = Self.request(document) else {
                close()
                return false
            }
            isListening = false
            pendingRequest = listsAll
            return true
        } catch {
            close()
            return false
        }
    }

    private func setReading(_ reading: Bool) {
        guard reading != isReading else { return }
        isReading = reading
        try? context?.channel.syncOptions?.setOption(.autoRead, value: reading)
        if reading { context?.read() }
    }

    /// A monitor that does not read misses reports.
    func write(_ report: [UInt8]) {
        guard let context, context.channel.isWritable else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: report)), promise: nil)
    }

    func close() {
        context?.close(promise: nil)
    }

    /// Whether all servers are asked for; `nil` for anything but `refresh`.
    private static func request(_ document: [UInt8]) -> Bool? {
        guard let value = try? JSONValue(parsing: document), value["method"]?.string == "refresh" else { return nil }
        return value["params"]?["printAll"]?.bool ?? false
    }
}
