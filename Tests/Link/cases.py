"""Cases of a test of the device link: one line each, `ok - …` or `not ok - …`; the exit code says whether all were good."""
import asyncio
import os
import sys
import traceback

from hub import Hub

CASES = []


def case(what, timeout=90):
    """Marks a coroutine function, which is given the hub, as a case."""
    def keep(function):
        CASES.append((what, function, timeout))
        return function

    return keep


def equal(got, wanted, what=""):
    assert got == wanted, f"{what}: wanted {wanted!r}, got {got!r}"


async def run_all(hub):
    """Cases after one another. A failed one does not end the others: they have devices of their own."""
    chosen, bad = sys.argv[1:], 0
    await hub.start()
    for what, function, timeout in CASES:
        if chosen and not any(word in what for word in chosen):
            continue
        try:
            if not hub.is_alive():
                await hub.start()
            async with asyncio.timeout(timeout):
                await function(hub)
            assert hub.is_alive(), "the hub has ended"
            print(f"ok - {what}", flush=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this case's failure
            bad += 1
            print(f"not ok - {what}: {type(error).__name__} {str(error)[:1500]}", flush=True)
            if os.environ.get("TRACE"):
                traceback.print_exc()
    if bad and not os.environ.get("QUIET"):
        print("# the hub's last lines:\n" + "\n".join("# " + line[:300] for line in hub.log().splitlines()[-15:]))
    return bad


def main(**settings):
    hub = Hub(**settings)
    try:
        bad = asyncio.run(run_all(hub))
    finally:
        hub.discard()
    sys.exit(1 if bad else 0)
