"""The site of the journeys (浏览器测试站点), a process of its own: filled, then served until its input ends.

It says the address that it serves at; a line that comes in lets the site take the steps that are its own.
"""

import logging
import sys
import threading
from datetime import date, datetime, timedelta

import django

PASSWORD = "Road-and-door-7"
START = date(2025, 1, 1)
REFERRAL_ROLES = (
    ("zhang", "张医生", "doctor", "county"),
    ("liu", "刘家医", "doctor", "county"),
    ("chen", "陈主管", "referral_desk", "county"),
    ("wang", "王接诊", "referral_desk", "city"),
    ("zhao", "赵接诊", "referral_desk", "city"),
    ("sun", "孙接诊", "referral_desk", "second"),
    ("ma", "马主治", "doctor", "city"),
    ("centre", "周中心", "referral_centre", "region"),
    ("com", "卫健委", "commission", "region"),
    ("er", "唐急诊", "emergency_doctor", "second"),
)
PURCHASE_ROLES = (
    ("head", "何主任", "head", "ward"),
    ("office", "郭归口", "purchase_office", "city"),
    ("buyer", "白采购", "purchasing", "city"),
    ("taker", "严验收", "acceptance", "city"),
    ("accounts", "蔡会计", "finance", "city"),
    ("cashier", "钱出纳", "cashier", "city"),
    ("aide", "田运营", "operations", "city"),
    *((f"bidder{number}", f"评审{number}", "bid_expert", "city") for number in range(3)),
)


def main() -> None:
    django.setup()
    logging.getLogger("django.request").addHandler(logging.StreamHandler())
    from django.core.management import call_command
    from django.utils import timezone

    from yiheng.site.base.vault.keys import add

    call_command("migrate", interactive=False, verbosity=0)
    add()
    fill(timezone.localtime(timezone.now()))
    serve()


def fill(now: datetime) -> None:
    """Places, people with one password, two registers, a bed, a budget; all as of `now`."""
    from django.contrib.auth.hashers import make_password

    from yiheng.site.base.accounts.models import Person
    from yiheng.site.base.ledger.limits import open_cell
    from yiheng.site.base.places.models import Place, Post
    from yiheng.site.base.register.changing import Proposed, feed
    from yiheng.site.management.procurement.models import Supplier
    from yiheng.site.management.procurement.parties import BUDGET
    from yiheng.site.region.referral.models import Capability
    from yiheng.site.region.referral.parties import PLACES

    at: dict[str, Place] = {}
    for key, code, name, kind, parent in (
        ("region", "14", "演示市", "region", None),
        ("county", "S", "演示县医院", "institution", "region"),
        ("city", "B", "演示市医院", "institution", "region"),
        ("second", "O", "演示二院", "institution", "region"),
        ("ward", "B-1", "心内科一病区", "department", "city"),
    ):
        over = at.get(parent or "")
        path = f"{over.path if over else '/'}{code}/"
        at[key] = Place.objects.create(code=code, name=name, kind=kind, parent=over, path=path, start=START)
    password = make_password(PASSWORD)
    for username, name, role, place in (*REFERRAL_ROLES, *PURCHASE_ROLES):
        person = Person.objects.create(username=username, name=name, password=password)
        Post.objects.create(person=person, role=role, place=at[place], start=START)
    hospitals = (at["city"], at["second"], at["county"])
    feed(
        Capability, "licences", [Proposed(START, "执业许可证", {"org": org, "subject": "03"}) for org in hospitals], now
    )
    named = [
        {"org": at["city"], "code": f"9114060000000000{each}", "name": f"演示供应商{each}", "contact": ""}
        for each in "123"
    ]
    feed(Supplier, "suppliers", [Proposed(START, "准入目录", fields) for fields in named], now)
    open_cell(PLACES, "B|bed", "心内科床位（明日）", now, 3, at["city"], starts_at=now + timedelta(days=1))
    open_cell(BUDGET, "B-1|2026", "心内科一病区 耗材预算", now, 10_000_000, at["city"])


def serve() -> None:
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application
    from django.utils import timezone

    from yiheng.site.base.flow.tick import tick
    from yiheng.site.base.notices.outbox import tell

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is said of a request."""

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    for _ in sys.stdin:
        tick(timezone.now())
        tell(timezone.now())
        print("done", flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()
