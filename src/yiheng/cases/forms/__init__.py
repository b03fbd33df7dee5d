"""Known forms (已知表样): what Chinese hospitals send, recognised by its header.

One YAML file a form says how its columns become those of a table, in the words of a mapping file; the form's official
column list is in `policy/forms`. The tables' own columns are forms too.
"""

from yiheng.cases.forms.known import KNOWN, PLACES, Form, known_form
from yiheng.cases.forms.recognise import Recognised, as_form, recognise, recognise_withdrawal

__all__ = ["KNOWN", "PLACES", "Form", "Recognised", "as_form", "known_form", "recognise", "recognise_withdrawal"]
