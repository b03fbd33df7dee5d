"""People (人员): one account is one natural person; posts say what that person is."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from yiheng.site.base.texts import say


class PersonManager(BaseUserManager):
    """Makes people; passwords are hashed with argon2."""

    def create_user(self, username: str, password: str | None = None, **rest: Any) -> "Person":
        """A person who may sign in; without a password, who may not until one is set."""
        person = self.model(username=self.model.normalize_username(username), **rest)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A natural person with an account (自然人账户).

    - name: as colleagues read it; language: of the pages, zh or en
    - must_change: the password was set by another, so it is changed before anything else is done
    - is_active: False ends every session; people are never deleted, as acts name them
    """

    username = models.CharField(say("登录名", "sign-in name"), max_length=64, unique=True)
    name = models.CharField(say("姓名", "name"), max_length=64)
    email = models.EmailField(say("邮箱", "e-mail"), blank=True)
    language = models.CharField(say("语言", "language"), max_length=8, default="zh")
    must_change = models.BooleanField(say("须改密码", "must change the password"), default=False)
    is_active = models.BooleanField(say("启用", "active"), default=True)

    objects = PersonManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ("name",)

    class Meta:
        verbose_name = say("人员", "person")

    def __str__(self) -> str:
        return self.name


class FailedTry(models.Model):
    """A try at a door that failed (失败记录): with which name, as a digest, from which address."""

    where = models.CharField(max_length=16)
    name = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("where", "name", "at")),
            models.Index(fields=("where", "address", "at")),
            models.Index(fields=("at",)),
        )


class LastStep(models.Model):
    """The last step of time whose one-time code a person has used (动态口令步数): none is good twice."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="+")
    step = models.BigIntegerField(default=0)
