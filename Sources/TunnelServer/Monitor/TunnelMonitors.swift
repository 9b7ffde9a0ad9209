internal import NIOCore
internal import PKI
internal import Wire

/// The monitors that are connected (spec/tunnel.md C1). Lives on the event loop of its ``TunnelCore``.
final class TunnelMonitors {
    /// Most monitors at a time: each costs a report a second.
    static let limit = 8

    private var all: [ObjectIdentifier: TunnelMonitor] = [:]
    /// The first half of the IDs that reports give connections.
    private let prefix = SecureRandom.bytes(8)
    private var seconds = 0

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
        let listeners = all.values.filter(\.isListening)
        guard !listeners.isEmpty, seconds.isMultiple(of: 1 + core.ends.count / 2000) else { return }
        let report = TunnelReport(core: core, listsAll: true, apiVersion: "0.3").document()
        for monitor in listeners { monitor.write(report) }
    }

    /// The ID that reports give a connection.
    func uuid(_ id: EndID) -> TunnelUUID {
        let bytes = prefix + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: id >> $0) }
        guard let uuid = TunnelUUID(bytes: bytes) else { preconditionFailure("8 and 8 bytes are 16") }
        return uuid
    }
}

/// One monitor: it gets a report every second until it asks for one itself; from then on it gets what it asks for.
final class TunnelMonitor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var isListening = true
    private let core: TunnelCore
    private var context: ChannelHandlerContext?
    private var documents = TunnelDocuments()

    init(core: TunnelCore) {
        self.core = core
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        guard core.monitors.add(self) else { return context.close(promise: nil) }
        write(TunnelReport(core: core, listsAll: true, apiVersion: "0.3").document())
    }

    func channelInactive(context: ChannelHandlerContext) {
        core.monitors.remove(self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let received = unwrapInboundIn(data)
        documents.append(received.readableBytesUInt8Span)
        do {
            while let document = try documents.next() {
                guard let listsAll = Self.request(document) else { return close() }
                isListening = false
                write(TunnelReport(core: core, listsAll: listsAll, apiVersion: "6").document())
            }
        } catch {
            close()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
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
