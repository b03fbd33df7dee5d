"""What a person changes of the own account (账户操作)."""

from yiheng.site.base.accounts.models import Person


def choose_language(person: Person, language: str) -> None:
    """The language in which the person reads pages and notices: zh or en."""
    Person.objects.filter(pk=person.pk).update(language=language)
