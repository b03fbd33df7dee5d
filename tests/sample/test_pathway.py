"""What may come along with a disease."""

from yiheng.sample.diseases import diseases
from yiheng.sample.pathway import comorbidities, extras, package_procedures
from yiheng.sample.tables import table, words


def secondary(disease: str) -> list[str]:
    index = diseases().ids.index(disease)
    start, count = comorbidities().start[index], comorbidities().count[index]
    return [words("diagnoses", "code")[code] for code in comorbidities().code[start : start + count]]


def test_no_second_diagnosis_of_the_principal_category() -> None:
    for index, disease in enumerate(diseases().ids):
        own = {code[:3] for code in diseases().codes[index]}
        found = secondary(disease)
        assert not own & {code[:3] for code in found}, disease
        assert len(set(found)) == len(found)


def test_a_family_goes_before_what_is_common() -> None:
    assert secondary("infarct")[0] == "I70.806"
    assert "I10.x05" in secondary("infarct")
    assert "I10.x05" not in secondary("hypertension")
    assert "N40.x00" not in secondary("infarct")
    assert "N40.x00" in secondary("pneumoconiosis")


def test_procedures_of_a_package_stay_in_order() -> None:
    start, count, codes = package_procedures()
    names = words("operations", "code")
    for number, row in enumerate(table("packages")):
        found = [names[code] for code in codes[start[number] : start[number] + count[number]]]
        assert found == row["codes"].split("|")


def test_extras_are_procedures_of_every_disease_of_their_family() -> None:
    stroke = words("families", "family").index("stroke")
    for index, family in enumerate(diseases().family):
        assert family != stroke or extras().count[index] == 5
