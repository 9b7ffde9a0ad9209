"""Shared secrets: docs/protocols/device-link.md section 3.1."""
import asyncio
import email.utils
import time

import nh1
from cases import case, equal, main
from upgrade_rig import admitted, refused


@case("the vector of the signature")
async def vector(_):
    key, secret = "nhp_zM9sVtXoNWqCzNWmP6LkVh0qVgAkQm7fTQF1eX2aBcD", "3vYqk2x9Qd8hJm5TnRz7Lw1CfUgBsEoPaIiXyKtVbN0"
    derived = nh1.derive(secret, nh1.ALGORITHM, key, 1700000000)
    equal(derived.hex(), "1ce0e3afb354a01035d5c13919042254434a08863fee7eaa9839a465034fd13a", "K")
    equal(nh1.term("sim-0001", 1700000000000).hex(), "8368036d0000000873696d2d303030316e06000068e5cf8b016200015180", "payload")
    equal(nh1.headers(key, secret, "sim-0001", 1700000000)[3][1],
          "SFMyNTY.g2gDbQAAAAhzaW0tMDAwMW4GAABo5c-LAWIAAVGA.2_QHMMVfVep-TBcd-jr_DNn5h6r8OGW4eM4GgrYeCQ4", "x-nh-signature")


async def refused_headers(hub, key):
    """Header sets that are each wrong in one point, by name."""
    def signed(**changes):
        values = {"key": key["key"], "secret": key["secret"], "identifier": "refused-1", **changes}
        return nh1.headers(**values)

    now = int(time.time())
    right = dict(signed())
    yield "unknown product key", signed(key="nhp_" + "A" * 43)
    yield "unknown device key", signed(key="nhd_" + "A" * 43)
    yield "key without a prefix", signed(key="A" * 43)
    yield "empty key", signed(key="")
    yield "long key", signed(key="nhp_" + "A" * 3000)
    yield "wrong secret", signed(secret="A" * 43)
    yield "secret decoded", signed(secret="")
    for algorithm in ("NH1-HMAC-md5-1000-32", "NH1-HMAC-sha256-999-32", "NH1-HMAC-sha256-100001-32", "NH1-HMAC-sha256-1000-15",
                      "NH1-HMAC-sha256-1000-65", "NH1-HMAC-sha256-1000", "NH1-HMAC-sha256-1000-32-1", "NH2-HMAC-sha256-1000-32",
                      "nh1-hmac-sha256-1000-32", "NH1-HMAC--1000-32", "NH1-HMAC-sha256--1000-32", "NH1-HMAC-sha256-+1000-32",
                      "NH1-HMAC-sha256-1000-0x20", "NH1-HMAC-sha256-1e3-32", "NH1-HMAC-sha256-99999999999999999999-32", "", "x" * 3000):
        yield f"algorithm {algorithm[:60]!r}", signed(algorithm=algorithm)
    for seconds in (-91, -3600, 7, 3600, -now):
        yield f"signed {seconds} s from now", signed(at=now + seconds)
    for name, payload in {
        "bytes after the term": nh1.term("refused-1", now * 1000) + b"\0", "a term cut short": nh1.term("refused-1", now * 1000)[:-1],
        "a list": b"\x83\x6c" + nh1.term("refused-1", now * 1000)[2:], "an atom": b"\x83\x68\x03\x64\0\x01a\x61\0\x61\0", "nothing": b"",
        "two members": b"\x83\x68\x02" + nh1.binary("refused-1") + nh1.small(now * 1000),
        "another version": b"\x82" + nh1.term("refused-1", now * 1000)[1:],
        "a huge length": b"\x83\x68\x03\x6d\xff\xff\xff\xff" + b"refused-1", "compressed": b"\x83\x50\0\0\0\x10" + b"x" * 10,
        "an empty identifier": nh1.term("", now * 1000), "an identifier that is no text": nh1.term(b"\xff\xfe", now * 1000),
        "an identifier with a line break": nh1.term("a\nb", now * 1000), "a long identifier": nh1.term("x" * 5000, now * 1000),
        "a negative time": b"\x83\x68\x03" + nh1.binary("refused-1") + b"\x6e\x06\x01" + (now * 1000).to_bytes(6, "little") + nh1.small(86400),
        "a time of 255 bytes": b"\x83\x68\x03" + nh1.binary("refused-1") + b"\x6e\xff\0" + b"\x01" * 255 + nh1.small(86400),
    }.items():
        yield f"payload: {name}", signed(payload=payload)
    for name in right:
        yield f"no {name}", [(other, value) for other, value in right.items() if other != name]
    for name, value in {
        "x-nh-time": ["", "now", "1.5", "-1", "9" * 40, f" {now}x", hex(now)],
        "x-nh-signature": ["", ".", "..", "SFMyNTY", "SFMyNTY..", right["x-nh-signature"] + "A", right["x-nh-signature"][:-3],
                           right["x-nh-signature"].replace("SFMyNTY", "bm9uZQ"), right["x-nh-signature"] + ".x", "é" * 20,
                           "SFMyNTY." + "A" * 6000 + ".AAAA"],
    }.items():
        for wrong in value:
            yield f"{name}: {wrong[:40]!r}", [(other, wrong if other == name else old) for other, old in right.items()]
    for name in right:
        yield f"{name} twice", list(right.items()) + [(name, right[name])]


@case("a wrong secret, key, algorithm, term, time or signature: 401 without a word", timeout=300)
async def wrong(hub):
    key = await hub.product_key()
    bad = []
    async for name, headers in refused_headers(hub, key):
        try:
            await refused(hub, 401, headers=headers)
        except Exception as error:  # noqa: BLE001 - all of them are told at the end
            bad.append(f"{name}: {error}")
    assert not bad, "\n".join(bad)
    assert "refused-1" not in {device["deviceID"] for device in await hub.json("device", "list")}, "a refused device was recorded"


@case("letters of the algorithm and other costs within the bounds")
async def algorithms(hub):
    key = await hub.product_key()
    for number, algorithm in enumerate(("NH1-HMAC-SHA256-1000-32", "NH1-HMAC-Sha256-2000-16", "NH1-HMAC-sha256-100000-64")):
        await admitted(hub, nh1.headers(key["key"], key["secret"], f"algorithm-{number}", algorithm=algorithm))


@case("a clock that is 80 s behind or 4 s ahead is good enough")
async def clocks(hub):
    key = await hub.product_key()
    for seconds in (-80, 4):
        await admitted(hub, nh1.headers(key["key"], key["secret"], f"clock{seconds}", at=time.time() + seconds))


@case("a device an hour behind gets in with the Date of its refusal")
async def hour_behind(hub):
    key = await hub.product_key()
    own = time.time() - 3600
    refusal = await refused(hub, 401, headers=nh1.headers(key["key"], key["secret"], "slow-clock", at=own))
    date = email.utils.parsedate_to_datetime(refusal.headers["date"]).timestamp()
    await admitted(hub, nh1.headers(key["key"], key["secret"], "slow-clock", at=max(own, date)))


@case("a signature is good once")
async def replay(hub):
    key = await hub.product_key()
    headers = nh1.headers(key["key"], key["secret"], "replayed")
    await admitted(hub, headers)
    await refused(hub, 401, headers=headers)
    await asyncio.sleep(1)  # the next second, so that the next signature is another one
    await admitted(hub, nh1.headers(key["key"], key["secret"], "replayed"))


@case("secrets and signatures are in no log")
async def silent(hub):
    key = await hub.product_key()
    headers = nh1.headers(key["key"], key["secret"], "quiet")
    await admitted(hub, headers)
    await refused(hub, 401, headers=nh1.headers(key["key"], "B" * 43, "quiet"))
    log = hub.log()
    assert key["secret"] not in log and headers[3][1] not in log and "B" * 43 not in log, "the log holds a secret"


if __name__ == "__main__":
    main()
