"""Who is let in, and what is said to who is not."""
import email.utils
import time

from cases import equal
from link_device import SECRET_PATH, Link
from websocket import Refused


async def refused(hub, status, path=SECRET_PATH, headers=(), body=b"", context=None, reason=None):
    """It is refused with the status, the body and a correct Date."""
    try:
        link = await Link.open(hub, headers, path, context)
    except Refused as refusal:
        equal(refusal.status, status, f"status for {path}")
        equal(refusal.body, body, "body")
        equal(refusal.headers.get("nh-connection-error-reason"), reason, "nh-connection-error-reason")
        date = refusal.headers["date"]
        equal(email.utils.format_datetime(email.utils.parsedate_to_datetime(date), usegmt=True), date, "form of Date")
        assert abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time()) < 5, f"Date is {date}"
        return refusal
    await link.close()
    raise AssertionError(f"it was let in: {path} {headers}")


async def admitted(hub, headers=(), path=SECRET_PATH, context=None):
    link = await Link.open(hub, headers, path, context)
    equal((await link.join())[4], {"status": "ok", "response": {}}, "reply to the join")
    await link.close()
    return link
