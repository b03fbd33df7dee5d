"""A program of its own: all questions of one moment while another connection writes (同一时刻). Says what it saw."""

import json
import threading

import django


def main() -> None:
    """How many people there were: before, in the moment after another had come, and after it."""
    django.setup()
    from django.db import connection, connections

    from yiheng.site.base.accounts.models import Person
    from yiheng.site.base.flow.publishing import one_moment
    from yiheng.site.base.jobs.models import Pulse

    def come() -> None:
        Person.objects.create_user("another", name="another")
        connections.close_all()

    seen = []
    Person.objects.create_user("first", name="first")
    with one_moment():
        seen.append(Person.objects.count())
        other = threading.Thread(target=come)
        other.start()
        other.join()
        seen.append(Person.objects.count())
    seen.append(Person.objects.count())
    Pulse.objects.create(name="a write after it")
    print(json.dumps({"told": [connection.vendor], "after": {"seen": seen}}))


if __name__ == "__main__":
    main()
