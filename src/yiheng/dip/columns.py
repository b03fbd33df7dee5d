"""The columns of a catalogue (病种目录库字段), of its groups and of its upper levels."""

import pyarrow as pa

# What a row says of its group besides its figures: the operations and diagnoses it takes, its class, its upper levels.
_TEXTS = ("treatment", "wide", "other_dx", "second", "first")
_FIGURES = (
    "weighted_cases", "cv", "sd", "least", "most", "drug_cases", "mean_drug", "drw", "material_cases", "mean_material",
    "crw", "related_share", "place",
)  # fmt: skip
_COUNTS = ("place", "n", "fee_cases", "los_cases", "drug_cases", "material_cases", "weighted_cases")
_OWN = (
    "group", "kind", "dx", "proc", "n", "fee_cases", "los_cases", "mean_cost", "mean_los", "rw", "points",
    *_TEXTS, *_FIGURES,
)  # fmt: skip
_STRINGS = ("group", "kind", "dx", "proc", *_TEXTS)


def _type(name: str) -> pa.DataType:
    return pa.string() if name in _STRINGS else pa.int64() if name in _COUNTS else pa.float64()


SCHEMA = pa.schema([(name, _type(name)) for name in _OWN])
LEVEL_SCHEMA = pa.schema(
    [("level", pa.string()), ("group", pa.string())]
    + [(name, _type(name)) for name in ("n", "fee_cases", "mean_cost", "rw", "points", "cv")]
)
LEVELS = ("second", "first")
