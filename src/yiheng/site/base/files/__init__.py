"""Files (附件): what people attach: looked at before it is kept, stored under its digest, never shown as a page.

- `kinds`: what a file is, by its content; `names`: what it may be called
- `keeping`: taking a file in, and giving it to an act; `giving`: who may read it, and how it is sent

A file belongs to who uploaded it until an act takes it; from then on to the item. Nothing is unpacked, and a file's
name or the sender's word for its kind is never believed.
"""
