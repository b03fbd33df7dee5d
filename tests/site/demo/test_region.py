"""The region's places, as the demo's table has them."""

from pathlib import Path

import pytest

from yiheng.site.base.places.models import Group, Place
from yiheng.site.demo import region


@pytest.mark.django_db
def test_places_are_those_of_the_table(data: Path) -> None:
    made = region.make(region.read(data))
    lead = Place.objects.get(code="H99010200001")
    assert (lead.name, lead.path) == ("演示市第一人民医院", "/990100/990102/H99010200001/")
    assert sorted(Place.objects.filter(kind="region").values_list("name", flat=True)) == sorted(
        ["演示市", "演示东区", "演示西区", "演示川县", "演示山县", "演示河县", "演示原市"]
    )
    assert (len(made.hospitals), made.leads[0]) == (22, "H99010200001")
    assert not Place.objects.filter(code="H99020000001").exists(), "outside the region"
    assert Group.objects.get(code="G990100").lead == lead
    assert made.townships == {"H99012100004", "H99012300003"}
    assert all(
        place.path.startswith(made.hospitals[code].path) for code, its in made.departments.items() for place in its
    )
    assert made.subjects["H99012100004"][0] == "03"
