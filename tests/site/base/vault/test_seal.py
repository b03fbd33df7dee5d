"""A box: it gives back its text where it belongs, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from yiheng.base.refusal import Refusal
from yiheng.site.base.vault import keys
from yiheng.site.base.vault.seal import closed, opened

RING = keys.Ring((keys.Key("00112233", b"k" * 32),))


@pytest.mark.property
@given(some.text(max_size=50), some.text(max_size=20))
def test_a_box_gives_back_its_text_where_it_belongs(text: str, place: str) -> None:
    box = closed(text, place, RING.current)
    assert opened(box, place, RING) == text
    assert str(box) == "•••"
    assert box.data != closed(text, place, RING.current).data
    with pytest.raises(Refusal):
        opened(box, f"{place}x", RING)
