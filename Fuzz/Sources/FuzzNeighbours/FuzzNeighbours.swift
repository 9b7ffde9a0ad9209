/// The kernel's neighbour table: any bytes are survived, and no entry comes from nothing.
@_cdecl("LLVMFuzzerTestOneInput")
func readNeighbours(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    var messages = NeighbourMessages(sequence: 1)
    _ = messages.read(input)
    // Header, neighbour, and two attributes with an IPv4 and a link-layer address.
    precondition(messages.links.count <= input.count / (16 + 12 + 8 + 10), "more entries than fit")
    for address in messages.links.keys { precondition(!address.description.isEmpty) }
    return 0
}
