"""App Links: addresses that open the LINE WORKS app. Reference section 8.

`base` is https://line.worksmobile.com in production and a stand-in's address while developing. Parameters and
version come from a vendor-side article (gaps 12): one address, version 26 (app 3.5 and later).
"""

from urllib.parse import quote

BASE = "https://line.worksmobile.com"
_VERSION = 26


def talk_with(base: str, login_id: str) -> str:
    """Opens a talk between whoever taps and `login_id`: the mail-like id, not the UUID of a callback."""
    if not login_id:
        raise ValueError("a talk needs a login id")
    return f"{base.rstrip('/')}/message/send?version={_VERSION}&emailList={quote(login_id, safe='')}"


def open_app(base: str = BASE) -> str:
    """Leads a browser page back to the app: host `default`, whose paths are not documented."""
    return f"{base.rstrip('/')}/default?version={_VERSION}"
