"""Small files of every kind, whole and spoiled."""

import io
import struct
import zipfile
import zlib

PDF = b"%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj\nstream\n/JS <script>\nendstream\ntrailer <<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40) + b"\xff\xd9"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b"")


def package(**parts: bytes) -> bytes:
    """A zip of these parts; `__` stands for a slash, `_dot_` for a dot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, data in parts.items():
            whole.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return made.getvalue()


def office(main: str, **more: bytes) -> bytes:
    return package(**{"[Content_Types]_dot_xml": b"<Types/>", main: b"<x/>", **more})


DOCX = office("word__document_dot_xml")
XLSX = office("xl__workbook_dot_xml")
OFD = package(OFD_dot_xml=b"<ofd/>")
TEXT = "姓名,金额\n张,1\n".encode()
