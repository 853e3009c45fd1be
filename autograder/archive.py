"""Zip files that are the same bytes whenever they are made."""

import io
import zipfile

DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can have


def zipped(files, programs=()):
    """The bytes of a zip file of ``files``, {name: bytes}; those named in ``programs`` may be run."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(name, DATE)
            member.external_attr = (0o100755 if name in programs else 0o100644) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return data.getvalue()
