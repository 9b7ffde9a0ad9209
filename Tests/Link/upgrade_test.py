"""Who gets a connection, and what is said to who does not: docs/protocols/device-link.md sections 2 and 3."""
import asyncio
import ssl

import nh1
from cases import case, equal, main
from link_device import CERTIFICATE_PATH, SECRET_PATH, Link, sign
from upgrade_rig import admitted, refused
from websocket import Refused, read_head


@case("a product key on both paths, over TLS 1.2 and 1.3, without compression")
async def product_key(hub):
    key = await hub.product_key()
    for number, path in enumerate((SECRET_PATH, CERTIFICATE_PATH)):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            headers = nh1.headers(key["key"], key["secret"], f"both-{number}-{version.name}")
            link = await admitted(hub, headers, path, hub.tls(highest=version))
            equal(link.socket.headers.get("sec-websocket-extensions"), None, "compression")


@case("a certificate of the hub on both paths, and it decides whatever the headers say")
async def certificate(hub):
    context = hub.tls(**await hub.provision("with-certificate"))
    for path in (SECRET_PATH, CERTIFICATE_PATH):
        await admitted(hub, path=path, context=context)
    link = await Link.open(hub, nh1.headers("nhp_nobody", "nothing", "another"), context=context)
    await link.join()
    assert "with-certificate" in await hub.links(), "the device of the certificate has no link"
    await link.close()


@case("the version of the serializer: 2.0.x is taken, anything else is 403; other members of the query do not count")
async def serializer(hub):
    key = await hub.product_key()
    for number, query in enumerate(("vsn=2.0.0", "vsn=2.0.1", "vsn=2.0.0&other=1", "a=b&vsn=2.0.0")):
        await admitted(hub, nh1.headers(key["key"], key["secret"], f"query-{number}"), f"/device-socket/websocket?{query}")
    for query in ("", "?vsn=", "?vsn=1.0.0", "?vsn=3.0.0", "?vsn=2.1.0", "?vsn=2", "?vsn=two", "?version=2.0.0", "?vsn=2.0.0.0", "?vsn=12.0.0"):
        for path in ("/device-socket/websocket", "/socket/websocket"):
            await refused(hub, 403, path + query, nh1.headers(key["key"], key["secret"], "query-0"))


@case("another path is not a socket: 404")
async def other_paths(hub):
    key = await hub.product_key()
    for path in ("/device-socket", "/socket", "/device-socket/websocket/x?vsn=2.0.0", "/user-socket/websocket?vsn=2.0.0"):
        try:
            await Link.open(hub, nh1.headers(key["key"], key["secret"], "elsewhere"), path)
            raise AssertionError(f"{path} is a socket")
        except Refused as refusal:
            equal(refusal.status, 404, path)


@case("without anything: 401 that says so; with a header of any kind: 401 without a word")
async def nothing(hub):
    text = "no certificate pair or shared secrets connection settings were provided"
    for path in (SECRET_PATH, CERTIFICATE_PATH):
        await refused(hub, 401, path, body=text.encode(), reason=text)
    await refused(hub, 401, headers=[("x-nh-key", "nhp_test")])
    await refused(hub, 401, headers=[("x-something", "else")])


@case("an identifier belongs to one product")
async def other_product(hub):
    widget, gadget = await hub.product_key("widget"), await hub.product_key("gadget")
    await admitted(hub, nh1.headers(widget["key"], widget["secret"], "one-product"))
    await refused(hub, 401, headers=nh1.headers(gadget["key"], gadget["secret"], "one-product"))
    second = await hub.product_key("widget")
    await admitted(hub, nh1.headers(second["key"], second["secret"], "one-product"))


@case("a device key is for its device alone")
async def device_key(hub):
    widget = await hub.product_key()
    await admitted(hub, nh1.headers(widget["key"], widget["secret"], "own-key"))
    key = await hub.json("link", "key", "add", "--device", "own-key")
    assert key["key"].startswith("nhd_") and len(key["key"]) == 47 and len(key["secret"]) == 43, key["key"]
    await admitted(hub, nh1.headers(key["key"], key["secret"], "own-key"))
    await refused(hub, 401, headers=nh1.headers(key["key"], key["secret"], "not-its-own"))


@case("a device with a certificate can't be taken over with a product key")
async def take_over(hub):
    key = await hub.product_key()
    await hub.provision("certified")
    await refused(hub, 401, headers=nh1.headers(key["key"], key["secret"], "certified"))


@case("a key that asks for approval: refused until the operator approves, and again after a rejection")
async def approval(hub):
    key = await hub.product_key("widget", "--approval")
    await refused(hub, 401, headers=await sign(key, "pending-1"))
    equal((await hub.device("pending-1"))["state"], "pending", "state")
    await hub.run("device", "approve", "pending-1")
    link = await Link.with_secret(hub, key, "pending-1")
    equal((await link.join())[4]["status"], "ok", "join")
    await hub.run("device", "reject", "pending-1")
    await link.ended()
    await refused(hub, 401, headers=await sign(key, "pending-1"))


@case("a revoked key ends its links, and lets nobody in")
async def revoked_key(hub):
    key, other = await hub.product_key(), await hub.product_key()
    link = await Link.with_secret(hub, key, "key-revoked")
    stays = await Link.with_secret(hub, other, "key-stays")
    await link.join()
    await stays.join()
    assert any(key["key"].startswith(row["key"][:12]) for row in await hub.json("link", "key", "list")), "the key is not listed"
    assert key["secret"] not in await hub.run("link", "key", "list", "--json"), "the list shows the secret"
    await hub.run("link", "key", "revoke", key["key"])
    await link.ended()
    await refused(hub, 401, headers=await sign(key, "key-revoked"))
    equal((await stays.heartbeat())[4]["status"], "ok", "the link of the other key")
    await stays.close()


@case("a revoked device's link ends; it and a removed one are refused")
async def revoked_device(hub):
    context = hub.tls(**await hub.provision("revoked-1"))
    link = await Link.open(hub, path=CERTIFICATE_PATH, context=context)
    await link.join()
    await hub.run("device", "reject", "revoked-1")
    await link.ended()
    try:
        await Link.open(hub, path=CERTIFICATE_PATH, context=context)
        raise AssertionError("a revoked certificate was let in")
    except Refused as refusal:
        equal(refusal.status, 401, "status")
    except OSError:
        pass  # refused in the handshake
    key = await hub.product_key()
    link = await Link.with_secret(hub, key, "removed-1")
    await link.join()
    await hub.run("device", "remove", "removed-1")
    await link.ended()


@case("a request that is no upgrade is refused in an orderly way")
async def no_upgrade(hub):
    for head in (f"GET {SECRET_PATH} HTTP/1.1", f"POST {SECRET_PATH} HTTP/1.1\r\ncontent-length: 0",
                 f"GET {SECRET_PATH} HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 8\r\nsec-websocket-key: x"):
        reader, writer = await asyncio.open_connection(hub.host, hub.port, ssl=hub.tls(), server_hostname=hub.host)
        writer.write((head + f"\r\nhost: {hub.host}\r\nx-nh-key: nhp_test\r\n\r\n").encode())
        status, _ = await read_head(reader)
        assert 400 <= status < 500, f"status {status}"
        writer.transport.abort()


if __name__ == "__main__":
    main()
