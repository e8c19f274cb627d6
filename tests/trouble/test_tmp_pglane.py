import secrets
from storage import queue
from tests.conftest import *
from tests.trouble.house import NOW
async def test_long(postgres_url):
    db = open_database(postgres_url)
    lane = "talk:" + secrets.token_hex(5000)
    try:
        await db.write(lambda tx: queue.put(tx, company_id="c", lane=lane, kind="k", key="k", payload=b"", now=NOW))
    finally:
        await db.close()
