#!/usr/bin/python3
"""Renders pictures of single characters from Debian's font packages, as from a photo of printed text.

    examples/models/glyphs.py --size 192 --split test --count 6800 --folder /tmp/glyphs192

writes 6800 PNG, named <index>_<character>.png, and labels.csv: a line `file,label`, then one line per image. Needs
Debian's python3-numpy and python3-pil, and the fonts; without them it says what to install.

34 classes: the digits and the capital letters but I and O, as on number plates. Every font belongs to one of four
splits: train, validation (watched in training), calibration (for compression), test (held out). Fonts that lack a
character are left out, and those where two characters look the same.

A picture shows one character in the middle, 50 to 80 % of the picture high or wide, turned by up to 12 degrees,
sheared, stretched and moved, with its neighbours in the line at the edges, sometimes a scratch across, uneven light,
and blur. All in 64 shades from one random colour to another, so that a PNG with a palette stays small.

Image `index` of a split is the same whatever the count, on every machine with the same versions of fonts, Pillow and
NumPy.
"""
import argparse
import functools
import math
import pathlib
import random
import shutil
import subprocess
import sys

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

CLASSES = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SHADES = 64
SEED = 1
NO_CHARACTER = "\U0010ffff"
ORIGIN, BASELINE = 1.25, 1.5  # in ems, from a canvas' upper left corner

# Debian packages. Relatives (clones of one typeface, families of one design) are in the same split.
PACKAGES = {
    "train": """
        fonts-3270 fonts-adf-accanthis fonts-adf-baskervald fonts-adf-ikarius fonts-adf-irianis fonts-adf-mekanus
        fonts-adf-oldania fonts-adf-solothurn fonts-adf-switzera fonts-adf-verana fonts-agave fonts-allerta fonts-arapey
        fonts-averia-gwf fonts-averia-sans-gwf fonts-averia-serif-gwf fonts-bebas-neue fonts-beteckna fonts-breip
        fonts-bwht fonts-cardo fonts-century-catalogue fonts-cmu fonts-comfortaa fonts-croscore fonts-crosextra-carlito
        fonts-dejavu-core fonts-dkg-handwriting fonts-dustin fonts-ebgaramond fonts-essays1743 fonts-eurofurence
        fonts-fantasque-sans fonts-femkeklaver fonts-freefont-ttf fonts-georgewilliams fonts-gfs-artemisia
        fonts-gfs-didot fonts-gnutypewriter fonts-go fonts-hack fonts-hermit fonts-inconsolata fonts-junction
        fonts-junicode fonts-jura fonts-league-mono fonts-league-spartan fonts-liberation fonts-linuxlibertine
        fonts-lmodern fonts-lobstertwo fonts-millimetre fonts-monofur fonts-noto-mono fonts-ocr-a fonts-ocr-b
        fonts-okolaks fonts-opendin fonts-osifont fonts-oxygen fonts-roboto-slab fonts-roboto-unhinted
        fonts-routed-gothic fonts-rufscript fonts-sil-andika fonts-sil-charis fonts-sil-gentiumplus fonts-texgyre
        fonts-tlwg-garuda-ttf fonts-tlwg-kinnari-ttf fonts-tlwg-loma-ttf fonts-tlwg-norasi-ttf fonts-tlwg-purisa-ttf
        fonts-tlwg-sawasdee-ttf fonts-tlwg-typewriter-ttf fonts-tlwg-umpush-ttf fonts-tlwg-waree-ttf fonts-tuffy
        fonts-urw-base35""",
    "validation": """
        fonts-adf-berenis fonts-adf-libris fonts-cantarell fonts-dosis fonts-lindenhill fonts-mononoki
        fonts-opendyslexic fonts-quattrocento fonts-sora""",
    "calibration": """
        fonts-adf-romande fonts-adf-universalis fonts-goudybookletter fonts-humor-sans fonts-jetbrains-mono fonts-lato
        fonts-open-sans fonts-paratype fonts-quicksand fonts-tiresias""",
    "test": """
        fonts-adf-gillius fonts-adf-tribun fonts-anonymous-pro fonts-b612 fonts-cabin fonts-clear-sans fonts-comic-neue
        fonts-courier-prime fonts-crosextra-caladea fonts-fanwood fonts-firacode fonts-gfs-neohellenic fonts-inter
        fonts-karla fonts-karmilla fonts-manrope fonts-oldstandard fonts-play fonts-prociono fonts-sjfonts
        fonts-vollkorn fonts-yanone-kaffeesatz""",
}
PACKAGES = {split: names.split() for split, names in PACKAGES.items()}

# Files that draw ornaments, keys or Greek letters in place of letters.
OTHER_SIGNS = {"D050000L.otf", "LinBiolinum_K.otf", "StandardSymbolsPS.otf"}


class Refused(Exception):
    """What a person has to do first."""


def check_packages():
    """Raises Refused with the command that installs what is missing."""
    wanted = [name for names in PACKAGES.values() for name in names]
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
                            capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in listed.splitlines() if line.endswith(" installed")}
    missing = [name for name in wanted if name not in installed]
    if missing:
        raise Refused("Debian packages of fonts are missing:\n    apt-get install --no-install-recommends "
                      + " ".join(missing))


@functools.lru_cache(maxsize=None)
def font(path, size):
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def canvas(size):
    """Room for a line of text in letters of `size`, around ORIGIN: a black 8-bit image."""
    return Image.new("L", (13 * size // 4, 9 * size // 4))


def draw(image, path, size, character, place, anchor="ls"):
    """Draws a character on the line, its origin or what `anchor` says at `place`, in ems."""
    ImageDraw.Draw(image).text((place * size, BASELINE * size), character, fill=255, font=font(path, size),
                               anchor=anchor)


def ink(path, character, size):
    """The character's coverage, cut to its bounds: size and pixels, or None where there is nothing to see."""
    image = canvas(size)
    draw(image, path, size, character, ORIGIN)
    bounds = image.getbbox()
    if not bounds:
        return None
    image = image.crop(bounds)
    return image.size, image.tobytes()


def is_usable(path):
    """Whether the font draws every class, no two of them alike, and none as the box for what it lacks."""
    looks = [ink(path, character, 32) for character in CLASSES]
    box = ink(path, NO_CHARACTER, 32)
    return None not in looks and len({*looks, box}) == len(CLASSES) + 1


@functools.lru_cache(maxsize=None)
def families(split):
    """The split's families in the order of their names, each a list of font files."""
    check_packages()
    listed = subprocess.run(["dpkg-query", "-L", *PACKAGES[split]], capture_output=True, text=True, check=True).stdout
    found = {}
    faces = set()
    # Some faces come in two formats, or in several folders: the first by name is taken.
    for path in sorted({line for line in listed.splitlines() if line.endswith((".otf", ".ttf"))}):
        if pathlib.Path(path).name in OTHER_SIGNS:
            continue
        face = font(path, 48).getname()
        if face not in faces and is_usable(path):
            faces.add(face)
            found.setdefault(face[0], []).append(path)
    return [found[family] for family in sorted(found)]


def line(rng, path, character, size):
    """A line of up to three characters, and the bounds of the middle one, which is `character`."""
    image = canvas(size)
    draw(image, path, size, character, ORIGIN)
    bounds = image.getbbox()
    for anchor, edge, away in (("rs", bounds[0], -1), ("ls", bounds[2], 1)):
        if rng.random() < 0.5:
            draw(image, path, size, rng.choice(CLASSES), edge / size + away * rng.uniform(0.05, 0.2), anchor)
    return image, bounds


def photographed(rng, text, bounds, size):
    """The picture whose middle shows the part of `text` within `bounds`: an 8-bit image."""
    left, top, right, bottom = bounds
    scale = rng.uniform(0.5, 0.8) * size / max(right - left, bottom - top)
    stretch = math.exp(rng.uniform(-0.15, 0.15))
    shear = rng.uniform(-0.2, 0.2)
    angle = math.radians(rng.uniform(-12, 12))
    # From the picture's pixels to the text's: turned back, sheared back, made smaller.
    cosine, sine = math.cos(angle), math.sin(angle)
    a, b = (cosine + shear * sine) / (scale * stretch), (sine - shear * cosine) / (scale * stretch)
    d, e = -sine * stretch / scale, cosine * stretch / scale
    x, y = (size * (0.5 + rng.uniform(-0.08, 0.08)) for _ in range(2))
    offset = (left + right) / 2 - a * x - b * y, (top + bottom) / 2 - d * x - e * y
    return text.transform((size, size), Image.Transform.AFFINE, (a, b, offset[0], d, e, offset[1]),
                          Image.Resampling.BILINEAR)


def scratch(rng, image):
    """Draws a line across three of ten pictures."""
    if rng.random() < 0.3:
        size = image.width
        ends = [rng.uniform(0, size) for _ in range(4)]
        width = max(1, round(rng.uniform(0.01, 0.03) * size))
        ImageDraw.Draw(image).line(ends, fill=rng.randint(80, 255), width=width)


def light(rng, size):
    """Uneven light: smooth, 0 to 1, float32 [size, size]."""
    coarse = Image.frombytes("L", (4, 4), rng.randbytes(16))
    return numpy.asarray(coarse.resize((size, size), Image.Resampling.BILINEAR)) * numpy.float32(1 / 255)


def shades(rng, path, character, size):
    """A picture as shades [size, size], uint8 below SHADES."""
    image = photographed(rng, *line(rng, path, character, size), size)
    scratch(rng, image)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.018) * size))
    values = numpy.asarray(image) * numpy.float32(rng.uniform(0.45, 1) / 255)
    uneven = light(rng, size) * numpy.float32(rng.uniform(0, 0.35))
    return ((uneven + (1 - uneven) * values) * (SHADES - 1) + numpy.float32(0.5)).astype(numpy.uint8)


def luma(colour):
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def colours(rng):
    """The colour of each shade: uint8 [SHADES, 3], from a dark to a light one or the other way round."""
    while True:
        first, last = ([rng.uniform(0, 255) for _ in range(3)] for _ in range(2))
        if abs(luma(first) - luma(last)) >= 80:
            return numpy.linspace(first, last, SHADES).round().astype(numpy.uint8)


def picture(split, index, size, seed=SEED):
    """Image `index` of a split: shades [size, size], colours [SHADES, 3], label. Classes follow one another in turn."""
    rng = random.Random(f"{seed} {split} {index}")
    label = index % len(CLASSES)
    path = rng.choice(rng.choice(families(split)))
    return shades(rng, path, CLASSES[label], size), colours(rng), label


def write(folder, split, count, size):
    """Images 0 to count - 1 of a split as PNG, with labels.csv; replaces a folder of such images."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "labels.csv").exists():
        raise Refused(f"{folder} holds something else than images with their labels.csv; it is left alone")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = ["file,label"]
    for index in range(count):
        pixels, palette, label = picture(split, index, size)
        name = f"{index:04}_{CLASSES[label]}.png"
        image = Image.fromarray(pixels, "P")
        image.putpalette(palette.tobytes())
        image.save(folder / name, optimize=True)
        lines.append(f"{name},{label}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64, help="height and width in pixels [64]")
    parser.add_argument("--split", choices=list(PACKAGES), default="test", help="which fonts [test]")
    parser.add_argument("--count", type=int, default=680, help="number of images, classes in turn [680]")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="is replaced")
    arguments = parser.parse_args()
    try:
        files = sum(len(family) for family in families(arguments.split))
        print(f"{arguments.split}: {len(families(arguments.split))} families, {files} fonts", flush=True)
        write(arguments.folder, arguments.split, arguments.count, arguments.size)
    except Refused as error:
        sys.exit(f"glyphs.py: error: {error}")


if __name__ == "__main__":
    main()
