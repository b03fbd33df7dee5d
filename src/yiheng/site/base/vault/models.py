"""The tables of the vault (保险库): whom a service means by a patient, and what is kept encrypted of that patient."""

from django.db import models

from yiheng.site.base.places.models import Place
from yiheng.site.base.texts import say


class PatientRef(models.Model):
    """A patient of an institution (患者引用): all that a service's table holds of one is this row's number.

    `pseudonym` is the region's, made elsewhere from the identity number; an identity number is never kept.
    """

    pseudonym = models.CharField(say("患者标识", "pseudonym"), max_length=64)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("机构", "institution"))
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = say("患者", "patient")
        constraints = (models.UniqueConstraint(fields=("pseudonym", "place"), name="patient_once_a_place"),)

    def __str__(self) -> str:
        return self.pseudonym[:8]


class Sealed(models.Model):
    """One encrypted text of a patient (密文): a name, a record number.

    - key: the id of the key that it is encrypted with; box: nonce and AES-GCM ciphertext
    - blind: HMAC of the text in its plain form, for an exact search
    """

    patient = models.ForeignKey(PatientRef, models.PROTECT, related_name="sealed")
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=16)
    box = models.BinaryField()
    blind = models.CharField(max_length=64, db_index=True)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("patient", "kind"), name="sealed_once_a_kind"),)
