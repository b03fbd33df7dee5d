"""Document (文书): what was said when it was submitted, frozen under a digest; its number, signing and form.

- `freezing`: named fields of an item as canonical JSON, frozen by a step; each change is a new version, the old stays
- `numbers`: numbers of a series without a gap; `signing`: who signed which digest, when
- `printing`: the official form (规范表单) as a page to print, by a service's template

The record of signing that is built in is a record: it is no electronic signature and never calls itself one.
"""
