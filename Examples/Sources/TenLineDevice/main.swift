import DeviceClient

// ID and secret as on the device's label. The hub is found on the network; key and certificate go to ./var/agent.
let device = try Device(id: "lamp-0001")
let events = device.events
async let log: Void = { for await event in events { print(event) } }()

try await device.provision(secret: "secret-of-the-label")
print("broker:", try await device.service("mqtts"))
try await device.run()
