"""dip.label: what a group is called."""

from yiheng.base.words import Word, word
from yiheng.dip.keys import KeyLengths
from yiheng.dip.label import group_label, key_names

LENGTHS = KeyLengths(4, 4, (3,))
SAID = [
    ("dx", "ICD-10", "I63.900", Word("脑梗死", "cerebral infarction")),
    ("dx", "ICD-10", "I63.000", Word("入脑前动脉血栓", "precerebral thrombosis")),
    ("dx", "CCSR", "MUS010", Word("骨关节炎", "osteoarthritis")),
    ("proc", "ICD-9-CM-3", "36.0600x004", Word("支架", "stent")),
    ("group", "APR-DRG", "302-Minor", Word("膝", "knee")),
]


def test_a_key_is_called_by_its_own_code_or_by_the_first_of_several() -> None:
    assert key_names(SAID, LENGTHS) == {
        ("dx", "I63.0"): Word("入脑前动脉血栓", "precerebral thrombosis"),
        ("dx", "I63"): Word("入脑前动脉血栓等", "precerebral thrombosis etc."),
        ("dx", "I63.9"): Word("脑梗死", "cerebral infarction"),
        ("dx", "MUS010"): Word("骨关节炎", "osteoarthritis"),
        ("proc", "36.06"): Word("支架", "stent"),
    }


def test_a_group_is_called_by_its_codes() -> None:
    names = key_names(SAID, LENGTHS)
    assert group_label("I63.9:36.06+88.55", names) == Word(
        "脑梗死 · 支架 · 88.55", "cerebral infarction · stent · 88.55"
    )
    plain = word("conservative")
    assert group_label("I63.9", names) == Word(f"脑梗死 · {plain.zh}", f"cerebral infarction · {plain.en}")
    assert group_label("X99.9", names) == Word(f"X99.9 · {plain.zh}", f"X99.9 · {plain.en}")


def test_a_pooled_group_says_whether_it_was_operated() -> None:
    names = key_names(SAID, LENGTHS)
    operated, not_operated = word("comprehensive_operated"), word("comprehensive_conservative")
    assert group_label("I63*:*", names).zh == f"入脑前动脉血栓等 · {operated.zh}"
    assert group_label("I63*", names).en == f"precerebral thrombosis etc. · {not_operated.en}"
