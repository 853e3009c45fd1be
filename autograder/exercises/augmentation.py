"""What right answers in chapter ``augmentation`` are.

Random crops and noise are judged by what must hold for every draw and by statistics, with tolerances of six standard
errors and more. Sounds are made inside the probes and judged by what is measured in them: frequency, level, length.
"""

import numpy as np

from solutions import augmentation as reference

from ..judging.plain import Formula, Rng
from ..judging.vocabulary import Exercise, Misconception, case, draws, hidden, misconceptions, probe, raised, visible

COLOURS = np.array([[[1.0, 0.5, 0.0]], [[0.2, 0.1, 0.6]]])  # two pixels, one above the other
SQUARE = np.array([[[1.0, 0.5], [0.2, 0.4]], [[0.0, 0.1], [0.7, 0.9]]])  # 2 × 2 pixels, two channels


# ------------------------------------------------------------------------------------- what the exercises share
def counting(height, width, channels=1):
    """An image whose values count 0.01, 0.02, … row by row."""
    return np.arange(1, height * width * channels + 1).reshape(height, width, channels) / 100


def random_image(rng, channels=3, height=None, width=None):
    """An image with random values, of random size where none is given."""
    height, width = height or int(rng.integers(3, 8)), width or int(rng.integers(3, 8))
    return rng.uniform(0, 1, (height, width, channels))


def seed(rng):
    return Rng(int(rng.integers(2**31)))


def randomness_of(student, name, args, rng, twin, other):
    """What the generator decides in eight draws: rng and twin have one seed, other has another."""
    draws = [
        [np.asarray(getattr(student, name)(*args, given), dtype=float) for _ in range(8)]
        for given in (rng, twin, other)
    ]
    return {
        "same seed, same results": bool(np.array_equal(draws[0], draws[1])),
        "another seed, other results": not np.array_equal(draws[0], draws[2]),
        "draws differ": not all(np.array_equal(draws[0][0], draw) for draw in draws[0]),
    }


def randomness(name, *args, first=1):
    """A case that asks whether rng decides, and nothing else."""
    return probe("rng decides, and nothing else", randomness_of, name, args, Rng(first), Rng(first), Rng(first + 1))


NOT_CLIPPED = "Some of your values leave the range from 0 to 1. What should become of them?"
OWN_GENERATOR = (
    "Your results are the same in every call, whatever generator is passed in: nothing is augmented. Draw from rng."
)
OTHER_GENERATOR = (
    "Two generators of one seed give you different results, so a training cannot be repeated. Where else than from rng "
    "does your randomness come?"
)
LAST_MISSED = (
    "The last place never comes. NumPy's integers leaves its upper end out: how many places are there along one axis?"
)


# ----------------------------------------------------------------------------------------------------------- flips
def flip_exercise(function, other, slip, hint):
    """One of the two flips; slip: the name under which the other one is known as a mistake."""

    def random_images(rng):
        return [
            case("a picture", random_image(rng)),
            case("one channel", random_image(rng, 1)),
            case("whole numbers", rng.integers(0, 2, (4, 5, 2))).as_floats(),
            case("a single row", random_image(rng, 2, height=1)),
            case("a single column", random_image(rng, 2, width=1)),
        ]

    return Exercise(
        function,
        points=1,
        groups=(
            visible("one channel", case("2 × 3 pixels", counting(2, 3))),
            visible("two channels", case("2 × 2 pixels", SQUARE)),
            hidden("other images", random_images),
        ),
        misconceptions=(
            Misconception(slip, hint, lambda image: other(image)),
            Misconception(
                "colours-swapped",
                "Your pixels stay where they are, and the first and the last channel have changed places. Which axis "
                "is which?",
                lambda image: np.asarray(image)[:, :, ::-1],
            ),
            Misconception(
                "turned-by-180-degrees",
                "You flip both axes, and that is a rotation by 180°. A mirror turns one axis round.",
                lambda image: np.asarray(image)[::-1, ::-1],
            ),
            Misconception(
                "transposed",
                "Your rows have become columns. A flip keeps the rows rows and changes the order along one axis.",
                lambda image: np.swapaxes(image, 0, 1),
            ),
        ),
    )


flip_left_right = flip_exercise(
    reference.flip_left_right,
    reference.flip_up_down,
    "upside-down",
    "Your image stands on its head. Left and right are columns: which axis counts them?",
)
flip_up_down = flip_exercise(
    reference.flip_up_down,
    reference.flip_left_right,
    "mirrored",
    "You have swapped left and right. Up and down are rows: which axis counts them?",
)


# ----------------------------------------------------------------------------------------------------- random_crop
def coded(height, width):
    """An image of two channels that say in which row and column a pixel is: (row + 1)/16, (column + 1)/16."""
    rows, columns = np.mgrid[1 : height + 1, 1 : width + 1]
    return np.stack([rows, columns], axis=-1) / 16


def places_of(student, height, width, size, count, rng):
    """The share of random crops at each place of their top left corner."""
    image, seen = coded(height, width), np.zeros((height - size + 1, width - size + 1))
    for crop in draws(student.random_crop, count, image, size, rng):
        crop = np.asarray(crop, dtype=float)
        if crop.shape != (size, size, 2):
            raise ValueError(f"the crop has shape {crop.shape}, expected {(size, size, 2)}")
        top, left = np.rint(16 * crop[0, 0]).astype(int) - 1
        if np.abs(crop - image[top : top + size, left : left + size]).max() > 1e-5:
            raise ValueError("the crop is no window of the image")
        seen[top, left] += 1
    return seen / count


def ends_of_places(student, height, width, size, count, rng):
    """Whether the first and the last rows and columns come as often as the others, from ``count`` random crops.

    With 3 or more places along an axis and 400 crops a right answer fails once in 300,000 times, and one whose ends
    come half as often passes as rarely.
    """
    shares = places_of(student, height, width, size, count, rng)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    share = (rows[0] + rows[-1] + columns[0] + columns[-1]) / 2
    fair = 1 / len(rows) + 1 / len(columns)
    return {"the ends come as often as the rest": bool(abs(share - fair) < 0.085)}


def places_seen(student, height, width, size, count, rng):
    """Which places of the corner come, of all that there are."""
    return (places_of(student, height, width, size, count, rng) > 0) * 1.0


def crop_of(student, height, width, size, rng):
    """The shape of a crop, and whether it is right where there is one place only."""
    crop = np.asarray(student.random_crop(coded(height, width), size, rng), dtype=float)
    return {"shape": list(crop.shape), "mean": float(crop.mean()) if height == width == size else 0.0}


def crop_refused(student, height, width, size, rng):
    """What a crop that does not fit raises."""
    return raised(student.random_crop, coded(height, width), size, rng)


def crop_with(image, size, rng, places=None, both=False):
    """A random crop with one thing changed; places: ``places(room)`` gives the number of places along an axis."""
    image = np.asarray(image)
    if size > min(image.shape[:2]):
        raise ValueError(f"size is {size}")
    places = places or (lambda room: room + 1)
    top, left = (int(rng.integers(max(1, places(n - size)))) for n in image.shape[:2])
    left = min(top, image.shape[1] - size) if both else left
    return image[top : top + size, left : left + size]


def crop_by_rounding(image, size, rng):
    top, left = (round(rng.uniform(0, n - size)) for n in image.shape[:2])
    if size > min(image.shape[:2]):
        raise ValueError(f"size is {size}")
    return image[top : top + size, left : left + size]


def crop_in_the_centre(image, size, rng):
    top, left = (np.shape(image)[0] - size) // 2, (np.shape(image)[1] - size) // 2
    if min(top, left) < 0:
        raise ValueError(f"size is {size}")
    return np.asarray(image)[top : top + size, left : left + size]


def crop_as_far_as_it_goes(image, size, rng):
    return crop_with(image, min(size, *np.shape(image)[:2]), rng)


random_crop = Exercise(
    reference.random_crop,
    points=2,
    groups=(
        visible(
            "a window of the image",
            probe("the shape of a crop of 3 from 4 × 6", crop_of, 4, 6, 3, Rng(1)),
            probe("as large as the image", crop_of, 4, 4, 4, Rng(2)),
        ),
        visible(
            "every place",
            probe("places of 3 × 3 in 4 × 5 that come in 100 draws", places_seen, 4, 5, 3, 100, Rng(3)),
            probe("how often the ends come in 400 draws", ends_of_places, 6, 6, 3, 400, Rng(4)),
        ),
        visible("randomness", randomness("random_crop", coded(4, 4), 1)),
        visible("what does not fit", probe("5 × 5 from 4 × 6", crop_refused, 4, 6, 5, Rng(5)), weight=0.5),
        hidden(
            "other places",
            lambda rng: [
                probe("a tall image", places_seen, 6, 3, 3, 100, seed(rng)),
                probe("single pixels", places_seen, *rng.permutation([2, 3]).tolist(), 1, 100, seed(rng)),
                probe("a wide image", crop_of, 5, 9, 4, seed(rng)),
                probe("higher than the image", crop_refused, 3, 7, 4, seed(rng)),
            ],
        ),
    ),
    misconceptions=(
        Misconception("last-place-missed", LAST_MISSED, lambda image, size, rng: crop_with(image, size, rng, int)),
        Misconception(
            "ends-half-as-often",
            "Your first and last places come half as often as the others. Which range of numbers is rounded to 0, and "
            "which to 1?",
            crop_by_rounding,
        ),
        Misconception(
            "one-draw-for-both",
            "Your windows lie on the diagonal only: row and column of the corner are one number. Draw two.",
            lambda image, size, rng: crop_with(image, size, rng, both=True),
        ),
        Misconception(
            "always-the-centre",
            "You always cut out the centre. A random crop may stand anywhere.",
            crop_in_the_centre,
        ),
        Misconception(
            "too-large-accepted",
            "A window that does not fit gives you a smaller one, without a word. It should raise a ValueError.",
            crop_as_far_as_it_goes,
        ),
        Misconception(
            "other-generator",
            OTHER_GENERATOR,
            lambda image, size, rng: crop_with(image, size, np.random.default_rng(np.random.randint(2**31))),
        ),
    ),
)


# ---------------------------------------------------------------------------------------------------- pad_and_crop
def shifts_seen(student, height, width, padding, count, rng):
    """Which shifts (up, left) of the image come, of all that there are."""
    image, reach = coded(height, width), 2 * padding + 1
    padded = np.zeros((height + 2 * padding, width + 2 * padding, 2))
    padded[padding : padding + height, padding : padding + width] = image
    seen = np.zeros((reach, reach))
    for out in draws(student.pad_and_crop, count, image, padding, rng):
        out = np.asarray(out, dtype=float)
        if out.shape != image.shape:
            raise ValueError(f"the result has shape {out.shape}, expected {image.shape}")
        row, column = np.argwhere(out[:, :, 0] > 0)[0]
        top, left = (row, column) - np.rint(16 * out[row, column]).astype(int) + 1  # how far it has moved
        top, left = padding - top, padding - left
        if np.abs(out - padded[top : top + height, left : left + width]).max() > 1e-5:
            raise ValueError("the result is not the image moved, with zeros where nothing is left")
        seen[top, left] = 1
    return seen


def lines_seen(student, height, width, padding, count, rng):
    """Which shifts up come, and which to the left."""
    seen = shifts_seen(student, height, width, padding, count, rng)
    return [seen.max(axis=1), seen.max(axis=0)]


def shape_moved(student, height, width, padding, rng):
    """The shape of a moved image, and the sum of its values where padding is 0."""
    out = np.asarray(student.pad_and_crop(coded(height, width), padding, rng), dtype=float)
    return {"shape": list(out.shape), "sum, for padding 0": float(out.sum()) if padding == 0 else 0.0}


def moved_with(image, padding, rng, widths=None, mode="constant", places=None):
    """Padding and a crop of the original size, with one thing changed."""
    image = np.asarray(image, dtype=float)
    before, after = widths(padding) if widths else (padding, padding)
    padded = np.pad(image, ((before, after), (before, after), (0, 0)), mode=mode)
    room = before + after
    top, left = rng.integers(places(room) if places else room + 1, size=2)
    return padded[top : top + image.shape[0], left : left + image.shape[1]]


pad_and_crop = Exercise(
    reference.pad_and_crop,
    points=2,
    groups=(
        visible(
            "shape",
            probe("the shape of 3 × 5 with padding 2", shape_moved, 3, 5, 2, Rng(1)),
            probe("padding 0 changes nothing", shape_moved, 3, 4, 0, Rng(2)),
        ),
        visible(
            "every shift",
            probe("shifts of 4 × 5 with padding 1 that come in 160 draws", shifts_seen, 4, 5, 1, 160, Rng(3)),
        ),
        visible("randomness", randomness("pad_and_crop", coded(4, 4), 2)),
        hidden(
            "other images",
            lambda rng: [
                probe("padding 2", lines_seen, 5, int(rng.integers(4, 7)), 2, 100, seed(rng)),
                probe("a wide image", shape_moved, 3, 8, int(rng.integers(1, 5)), seed(rng)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "last-place-missed",
            LAST_MISSED,
            lambda image, padding, rng: moved_with(image, padding, rng, places=lambda room: max(1, room)),
        ),
        Misconception(
            "padded-on-two-sides",
            "Your image moves one way only. Zeros go round all four sides.",
            lambda image, padding, rng: moved_with(image, padding, rng, widths=lambda p: (0, p)),
        ),
        Misconception(
            "edge-repeated",
            "Your border repeats the outermost pixels. Zeros are asked for.",
            lambda image, padding, rng: moved_with(image, padding, rng, mode="edge"),
        ),
        Misconception(
            "not-cropped",
            "Your result is larger than the image. After the padding comes a crop of the original size.",
            lambda image, padding, rng: np.pad(image, ((padding, padding), (padding, padding), (0, 0))),
        ),
        Misconception(
            "own-generator",
            OWN_GENERATOR,
            lambda image, padding, rng: moved_with(image, padding, np.random.default_rng(0)),
        ),
    ),
)


# ----------------------------------------------------------------------------------------- random_resized_crop_box
def boxes_of(student, height, width, area_range, aspect_range, count, rng):
    """Random boxes, a row (top, left, h, w) for each."""
    name = "random_resized_crop_box"
    draw = getattr(student, name)
    boxes = np.array(draws(draw, count, height, width, area_range, aspect_range, rng), dtype=float)
    if boxes.shape != (count, 4) or np.any(boxes != np.rint(boxes)):
        raise ValueError("the box should be four whole numbers (top, left, h, w)")
    return boxes


def ranges_kept(student, height, width, area_range, aspect_range, count, rng):
    """Whether all boxes lie inside, and have area and aspect in their ranges but for rounding."""
    top, left, h, w = boxes_of(student, height, width, area_range, aspect_range, count, rng).T
    low, high = height * width * area_range[0], height * width * area_range[1]
    aspect = (w - 1) / (h + 1), (w + 1) / (h - 1)  # the smallest and the largest that rounding may hide
    return {
        "inside the image": bool(np.all((top >= 0) & (left >= 0) & (top + h <= height) & (left + w <= width))),
        "area in its range": bool(np.all(((h + 1) * (w + 1) >= low) & ((h - 1) * (w - 1) <= high))),
        "w/h in its range": bool(np.all((aspect[1] >= aspect_range[0]) & (aspect[0] <= aspect_range[1]))),
    }


def variety_of(student, height, width, area_range, aspect_range, count, rng):
    """Whether small and large, upright and flat boxes come, and boxes in all parts of the image."""
    top, left, h, w = boxes_of(student, height, width, area_range, aspect_range, count, rng).T
    area, middle = h * w / (height * width), np.mean(area_range)
    aspect, between = w / h, np.sqrt(aspect_range[0] * aspect_range[1])
    row, column = top / (height - h), left / (width - w)
    return {
        "small and large": bool(area.min() < middle < area.max()),
        "upright and flat": bool(aspect.min() < between < aspect.max()),
        "at the top and at the bottom": bool(row.min() < 0.25 and row.max() > 0.75),
        "at the left and at the right": bool(column.min() < 0.25 and column.max() > 0.75),
    }


def box_with(height, width, area_range, aspect_range, rng, change=None, corner=False, fallback=None):
    """A random box with one thing changed; change: ``change(h, w)``, fallback: ``fallback(h, w, top, left)``."""
    for _ in range(10):
        area, aspect = height * width * rng.uniform(*area_range), rng.uniform(*aspect_range)
        h, w = np.sqrt(area / aspect), np.sqrt(area * aspect)
        h, w = (round(float(n)) for n in (change(h, w, height, width) if change else (h, w)))
        if 1 <= h <= height and 1 <= w <= width:
            top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
            return (0, 0, h, w) if corner else (top, left, h, w)
    h = min(height, round(width / aspect_range[0]))
    w = min(width, round(height * aspect_range[1]))
    box = (height - h) // 2, (width - w) // 2, h, w
    return fallback(*box) if fallback else box


def box_upside_down(height, width, area_range, aspect_range, rng):
    top, left, h, w = box_with(width, height, area_range, aspect_range, rng)
    return left, top, w, h


IMPOSSIBLE = (0.9, 0.95)  # the area share of a box that no square image has with w/h = 2

random_resized_crop_box = Exercise(
    reference.random_resized_crop_box,
    points=3,
    returns=("top", "left", "h", "w"),
    groups=(
        visible(
            "area and aspect",
            probe("Inception's ranges", ranges_kept, 120, 160, (0.05, 1.0), (0.75, 1.33), 60, Rng(1)),
            probe("flat boxes only", ranges_kept, 100, 140, (0.1, 0.3), (1.5, 2.5), 60, Rng(2)),
        ),
        visible(
            "variety",
            probe("all sorts of boxes", variety_of, 120, 160, (0.1, 0.4), (0.75, 1.33), 80, Rng(3)),
        ),
        visible("randomness", randomness("random_resized_crop_box", 60, 80, (0.1, 0.9), (0.75, 1.33))),
        visible(
            "no box fits",
            case("twice as wide as high, in a square", 60, 60, IMPOSSIBLE, (2.0, 2.0), Rng(5)),
            case("a square, in a wide image", 40, 100, (0.9, 1.0), (1.0, 1.0), Rng(6)),
        ),
        hidden(
            "other ranges",
            lambda rng: [
                probe("upright boxes", ranges_kept, 90, 130, (0.05, 0.4), (0.4, 0.6), 60, seed(rng)),
                probe("a high image", ranges_kept, 200, 110, (0.08, 1.0), (0.75, 1.33), 60, seed(rng)),
                probe("one area, one aspect", ranges_kept, 100, 100, (0.25, 0.25), (1.0, 1.0), 20, seed(rng)),
                probe("all sorts of boxes", variety_of, 150, 100, (0.1, 0.3), (0.6, 1.6), 80, seed(rng)),
            ],
        ),
        hidden(
            "no box fits, other images",
            lambda rng: [
                case("a square, in a high image", 90, 50, (0.8, 1.0), (1.0, 1.0), seed(rng)),
                case("half as wide as high", 80, 80, IMPOSSIBLE, (0.5, 0.5), seed(rng)),
                case("flat boxes in a high image", 120, 40, (0.8, 1.0), (1.6, 2.0), seed(rng)),
                case("upright boxes in a wide image", 50, 200, (0.8, 1.0), (0.5, 0.8), seed(rng)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "aspect-upside-down",
            "Your boxes are high where they should be wide. The aspect is width over height.",
            box_upside_down,
        ),
        Misconception(
            "area-of-each-side",
            "Your boxes are too small. If both sides shrink by the area's share, what does the area do?",
            lambda height, width, area_range, aspect_range, rng: box_with(
                height,
                width,
                area_range,
                aspect_range,
                rng,
                lambda h, w, height, width: (h * np.sqrt(h * w / height / width), w * np.sqrt(h * w / height / width)),
            ),
        ),
        Misconception(
            "always-the-corner",
            "All your boxes start in the top left corner. Where the box stands is random too.",
            lambda *args: box_with(*args, corner=True),
        ),
        Misconception(
            "whole-image-at-last",
            "When no box fits, you give up the aspect. Which box with an aspect in its range is the largest?",
            lambda height, width, area_range, aspect_range, rng: box_with(
                height, width, area_range, aspect_range, rng, fallback=lambda *box: (0, 0, height, width)
            ),
        ),
        Misconception(
            "last-box-not-centred",
            "When no box fits, your box has the right size and stands in a corner. It should be centred.",
            lambda *args: box_with(*args, fallback=lambda top, left, h, w: (0, 0, h, w)),
        ),
    ),
)

# --------------------------------------------------------------------------------------------------- resized_shape
resized_shape = Exercise(
    reference.resized_shape,
    points=1,
    returns=("h", "w"),
    groups=(
        visible(
            "ResNet's scales",
            *[case(f"427 × 640 to {short}", 427, 640, short) for short in (224, 480)],
            case("an upright picture, 640 × 427", 640, 427, 256),
        ),
        visible("special shapes", case("a square", 300, 300, 224), case("enlarged", 100, 133, 224)),
        hidden(
            "other shapes",
            lambda rng: [
                case("wide", 200, 401 + 2 * int(rng.integers(20)), 99),
                case("upright", 501 + 2 * int(rng.integers(20)), 300, 77),
                case("rounded up", 3, 5, 4),
                case("a single row", 1, int(rng.integers(5, 50)), 3),
                case("the same size", 224, 317, 224),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "long-side-cut-off",
            "Your long side is one short at times. It should be rounded to the nearest whole number.",
            lambda height, width, short_side: (
                int(height * short_side / min(height, width)),
                int(width * short_side / min(height, width)),
            ),
        ),
        Misconception(
            "long-side-as-asked",
            "Your long side has the length that was asked for the short one.",
            lambda height, width, short_side: (
                round(height * short_side / max(height, width)),
                round(width * short_side / max(height, width)),
            ),
        ),
        Misconception(
            "aspect-lost",
            "Your result is always a square. Height and width should keep their ratio.",
            lambda height, width, short_side: (short_side, short_side),
        ),
        Misconception(
            "height-taken-for-short",
            "Wide pictures come out right and upright ones don't. Which of the two sides is the short one?",
            lambda height, width, short_side: (short_side, round(width * short_side / height)),
        ),
        Misconception(
            "width-first",
            "Your two numbers have changed places: height comes first.",
            lambda height, width, short_side: reference.resized_shape(height, width, short_side)[::-1],
        ),
    ),
)


# -------------------------------------------------------------------------------------------------------- ten_crop
def crops_with(image, size, order=(0, 1, 2, 3, 4), up=0, flip=None, join=None):
    """Ten crops with one thing changed."""
    image = np.asarray(image, dtype=float)
    bottom, right = image.shape[0] - size, image.shape[1] - size
    places = [(0, 0), (0, right), (bottom, 0), (bottom, right), ((bottom + up) // 2, (right + up) // 2)]
    crops = np.stack([image[y : y + size, x : x + size] for y, x in (places[k] for k in order)])
    flips = flip(crops) if flip else crops[:, :, ::-1]
    return join(crops, flips) if join else np.concatenate([crops, flips])


ten_crop = Exercise(
    reference.ten_crop,
    points=2,
    groups=(
        visible("a small image", case("2 × 2 from 5 × 4", counting(5, 4), 2)),
        visible("more channels", case("single pixels from 2 × 3, two channels", counting(2, 3, 2), 1)),
        hidden(
            "other images",
            lambda rng: [
                case("a picture", random_image(rng, 3, 7, 6), 4),
                case("one place only", random_image(rng, 3, 3, 3), 3),
                case("single pixels", random_image(rng, 2, 4, 3), 1),
                case("whole numbers", rng.integers(0, 2, (6, 9, 1)), 5).as_floats(),
                case("as high as the image", random_image(rng, 1, 3, 6), 3),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "flips-in-between",
            "Each of your crops is followed by its flip. All five crops come first, then the five flips.",
            lambda image, size: crops_with(
                image, size, join=lambda a, b: np.stack([a, b], axis=1).reshape(-1, *a.shape[1:])
            ),
        ),
        Misconception(
            "flips-upside-down",
            "The second half of your crops stands on its head. Which axis of (10, size, size, C) runs from left to "
            "right?",
            lambda image, size: crops_with(image, size, flip=lambda crops: crops[:, ::-1]),
        ),
        Misconception(
            "flips-forgotten",
            "You return five crops. Their flips belong to them.",
            lambda image, size: crops_with(image, size, join=lambda a, b: a),
        ),
        Misconception(
            "centre-rounded-up",
            "Your centre is one pixel too far down or right where the room is odd.",
            lambda image, size: crops_with(image, size, up=1),
        ),
        Misconception(
            "down-before-right",
            "Your second and third crops have changed places: top right comes before bottom left.",
            lambda image, size: crops_with(image, size, order=(0, 2, 1, 3, 4)),
        ),
    ),
)

# ----------------------------------------------------------------------------------------------------- tta_predict
MOMENTS = Formula("lambda crop: np.array([crop.mean(), crop.max(), (crop ** 2).sum()])")
ONE_NUMBER = Formula("lambda crop: np.exp(3 * crop[0, 0, 0])")
SOFTMAX = Formula("lambda crop: np.exp(4 * crop.mean(axis=(0, 1))) / np.exp(4 * crop.mean(axis=(0, 1))).sum()")

FEW = np.array([0.1, 0.9, 0.3, 0.6, 0.2, 0.8]).reshape(3, 1, 2, 1)  # three crops of 1 × 2


def averaged(predict, crops):
    scores = np.array([predict(crop) for crop in crops])
    return scores.mean(axis=0)


tta_predict = Exercise(
    reference.tta_predict,
    points=1,
    groups=(
        visible(
            "small crops",
            case("three crops, three scores", MOMENTS, FEW),
            case("a single number for each crop", ONE_NUMBER, counting(4, 1, 2).reshape(4, 1, 2, 1)),
            case("predict returns the crop itself", Formula("lambda crop: crop"), FEW),
        ),
        visible("probabilities", case("two crops of 2 × 2", SOFTMAX, np.stack([SQUARE, SQUARE[::-1] ** 2]))),
        hidden(
            "other crops",
            lambda rng: [
                case("ten crops", SOFTMAX, rng.uniform(0, 1, (10, 3, 3, 4))),
                case("one crop", MOMENTS, rng.uniform(0, 1, (1, 4, 4, 3))),
                case("scores of a matrix", Formula("lambda crop: crop[:, :, 0] ** 3"), rng.uniform(0, 1, (5, 2, 3, 1))),
                case("whole numbers", MOMENTS, rng.integers(0, 2, (6, 3, 3, 2))).as_floats(),
            ],
        ),
    ),
    misconceptions=misconceptions(
        averaged,
        {
            "crops-averaged": (
                "You average the crops and predict once. Average the predictions: the network should see real crops.",
                "[predict(crop) for crop in crops] → [predict(crops.mean(axis=0))]",
            ),
            "summed-up": (
                "Your result grows with the number of crops. A mean is asked for.",
                "scores.mean → scores.sum",
            ),
            "best-score": (
                "You take the largest of the scores. All crops should have their say: take the mean.",
                "scores.mean → scores.max",
            ),
            "one-mean-of-all": (
                "Your mean runs over the scores as well as the crops. Along which axis do the crops lie?",
                "scores.mean(axis=0) → scores.mean() * np.ones(scores.shape[1:])",
            ),
            "first-crop-only": ("Only the first crop counts in your result.", "scores.mean(axis=0) → scores[0]"),
            "adds-into-a-prediction": (
                "The values are right, but you add into the array that predict has returned. It is not yours: here it "
                "is a part of crops.",
                "scores = np.array([predict(crop) for crop in crops]) "
                "→ scores = predict(crops[0])\nfor crop in crops[1:]:\n    scores += predict(crop)",
                "scores.mean(axis=0) → scores / len(crops)",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------------------- light
def light_groups(numbers, others):
    """Groups of an exercise f(image, number): visible ones, and hidden ones with random images."""
    return (
        visible(
            "inside the range",
            *[case(f"{n:g}", COLOURS * 0.4 + 0.3, n) for n in numbers[:2]],
        ),
        visible("at the ends of the range", *[case(f"{n:g}", COLOURS, n) for n in numbers[2:]]),
        hidden(
            "other images",
            lambda rng: [
                *[case(f"a picture, {n:g}", random_image(rng), n) for n in others],
                case("random", random_image(rng), float(rng.uniform(*sorted(others[:2])))),
                case("whole numbers", rng.integers(0, 2, (4, 3, 3)), others[0]).as_floats(),
                case("nothing to do", random_image(rng), 0.0 if min(others) < 0 else 1.0),
            ],
        ),
    )


adjust_brightness = Exercise(
    reference.adjust_brightness,
    points=1,
    groups=light_groups((0.1, -0.2, 0.25, -0.3), (-0.4, 0.35, 1.5, -2.0)),
    misconceptions=(
        Misconception("not-clipped", NOT_CLIPPED, lambda image, delta: np.asarray(image) + delta),
        Misconception(
            "multiplied",
            "You make bright pixels much brighter and leave black ones black. delta is added to all alike.",
            lambda image, delta: np.clip(np.asarray(image) * (1 + delta), 0, 1),
        ),
        Misconception(
            "clipped-at-the-top-only",
            "Some of your values are negative. The range has two ends.",
            lambda image, delta: np.minimum(np.asarray(image) + delta, 1),
        ),
        Misconception(
            "wrapped-round",
            "Values that leave the range at one end come in again at the other. They should stay at the end.",
            lambda image, delta: np.where(
                (np.asarray(image) + delta > 1) | (np.asarray(image) + delta < 0),
                np.mod(np.asarray(image) + delta, 1),
                np.asarray(image) + delta,
            ),
        ),
    ),
)


def contrast_about(image, factor, middle, clip=True):
    """Contrast about a middle, ``middle(image)``, for the known mistakes."""
    image = np.asarray(image, dtype=float)
    out = (image - middle(image)) * factor + middle(image)
    return np.clip(out, 0, 1) if clip else out


def channel_means(image):
    return np.mean(image, axis=(0, 1))


adjust_contrast = Exercise(
    reference.adjust_contrast,
    points=1,
    groups=light_groups((0.5, 1.5, 2.0, 3.0), (0.0, 1.8, 0.3, 10.0)),
    misconceptions=(
        Misconception(
            "one-mean-for-all",
            "Your colours shift: you use one mean for all channels. Each channel has its own.",
            lambda image, factor: contrast_about(image, factor, np.mean),
        ),
        Misconception(
            "middle-grey-for-mean",
            "You pull the values away from 0.5, so a dark picture gets darker as a whole. Which value should stay?",
            lambda image, factor: contrast_about(image, factor, lambda image: 0.5),
        ),
        Misconception(
            "scaled-from-black",
            "You multiply the values, which is brightness as well as contrast. Which value should stay as it is?",
            lambda image, factor: contrast_about(image, factor, lambda image: 0.0),
        ),
        Misconception(
            "not-clipped", NOT_CLIPPED, lambda image, factor: contrast_about(image, factor, channel_means, clip=False)
        ),
        Misconception(
            "mean-of-each-row",
            "Every row of your picture is pulled away from its own mean. A channel's mean goes over all its pixels.",
            lambda image, factor: contrast_about(image, factor, lambda image: image.mean(axis=1, keepdims=True)),
        ),
    ),
)

contrast_normalize = Exercise(
    reference.contrast_normalize,
    points=1,
    groups=(
        visible(
            "the slides' ends",
            case("alphas 0.4, 0.5, 0.6", COLOURS, np.array([0.4, 0.5, 0.6])),
            case("alphas 1.4, 1.5, 1.6", COLOURS, np.array([1.4, 1.5, 1.6])),
        ),
        visible("two channels", case("alphas 0.5 and 2", SQUARE, np.array([0.5, 2.0]))),
        hidden(
            "other images",
            lambda rng: [
                case("a picture", random_image(rng), rng.uniform(0.4, 1.6, 3)),
                case("one channel", random_image(rng, 1), np.array([1.3])),
                case("grey, and its negative", random_image(rng, 2), np.array([0.0, -1.0])),
                case("whole numbers", rng.integers(0, 2, (3, 4, 3)), np.array([1, 2, 3])).as_floats(),
                case("nothing to do", random_image(rng), np.ones(3)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "channel-mean-for-middle-grey",
            "You pull each channel away from its mean. Here the value that stays is fixed.",
            lambda image, alphas: contrast_about(image, np.asarray(alphas), channel_means),
        ),
        Misconception(
            "one-alpha-for-all",
            "All your channels get the same factor. There is one for each.",
            lambda image, alphas: contrast_about(image, np.asarray(alphas)[0], lambda image: 0.5),
        ),
        Misconception(
            "scaled-from-black",
            "Your values are multiplied, and black stays where it was. Which value should stay?",
            lambda image, alphas: contrast_about(image, np.asarray(alphas), lambda image: 0.0),
        ),
        Misconception(
            "not-clipped",
            NOT_CLIPPED,
            lambda image, alphas: contrast_about(image, np.asarray(alphas), lambda image: 0.5, clip=False),
        ),
        Misconception(
            "grey-not-added-back",
            "Your picture is far too dark. What was subtracted before the multiplication?",
            lambda image, alphas: np.clip((np.asarray(image) - 0.5) * alphas, 0, 1),
        ),
    ),
)


# ------------------------------------------------------------------------------------------------------- colour
def gray_by(weights):
    """Grey on three channels by other weights, for the known mistakes."""
    return lambda image: np.repeat((np.asarray(image) @ np.array(weights))[:, :, None], 3, axis=2)


EVEN, BACKWARDS, OTHERS = (1 / 3, 1 / 3, 1 / 3), (0.114, 0.587, 0.299), (0.2125, 0.7154, 0.0721)
PRIMARIES = np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])

to_grayscale = Exercise(
    reference.to_grayscale,
    points=1,
    groups=(
        visible("red, green and blue", case("a pixel of each", PRIMARIES)),
        visible("other colours", case("two pixels", COLOURS)),
        hidden(
            "other images",
            lambda rng: [
                case("a picture", random_image(rng)),
                case("one pixel", random_image(rng, 3, 1, 1)),
                case("white and black", rng.integers(0, 2, (3, 4, 1)) * np.ones(3, dtype=int)).as_floats(),
                case("three by three", random_image(rng, 3, 3, 3)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "plain-mean",
            "Your three colours count alike. Green looks much brighter than blue: which weights are asked for?",
            gray_by(EVEN),
        ),
        Misconception(
            "blue-first", "Your weights are in the wrong order: the first channel is red.", gray_by(BACKWARDS)
        ),
        Misconception(
            "other-standard",
            "Your weights are those of another standard, made for other screens. The definition here names three.",
            gray_by(OTHERS),
        ),
        Misconception(
            "channels-lost",
            "Your result has one channel or none. The network expects three: they are all the same.",
            lambda image: np.asarray(image) @ reference.GRAY_WEIGHTS,
        ),
    ),
)


def saturated(image, factor, gray=reference.to_grayscale, clip=True, swap=False):
    """Saturation with one thing changed, for the known mistakes."""
    image = np.asarray(image, dtype=float)
    out = image + factor * (gray(image) - image) if swap else gray(image) + factor * (image - gray(image))
    return np.clip(out, 0, 1) if clip else out


adjust_saturation = Exercise(
    reference.adjust_saturation,
    points=1,
    groups=light_groups((0.5, 1.4, 1.8, 2.5), (0.0, 1.8, 0.6, 10.0)),
    misconceptions=(
        Misconception(
            "ends-swapped",
            "Your factor of 1 makes the picture grey and 0 leaves it alone. It should be the other way round.",
            lambda image, factor: saturated(image, factor, swap=True),
        ),
        Misconception(
            "plain-mean-for-grey",
            "Your grey is the plain mean of the three colours. You have written a better one.",
            lambda image, factor: saturated(image, factor, gray_by(EVEN)),
        ),
        Misconception("not-clipped", NOT_CLIPPED, lambda image, factor: saturated(image, factor, clip=False)),
        Misconception(
            "scaled-from-black",
            "Your factor changes the brightness: you multiply the colours. Pull them away from grey.",
            lambda image, factor: np.clip(np.asarray(image) * factor, 0, 1),
        ),
    ),
)


# --------------------------------------------------------------------------------------- per_image_standardization
def standardized(image, axis=None, floor=None, spread=np.std):
    """Standardisation with one thing changed; floor: ``floor(n)``."""
    image = np.asarray(image, dtype=float)
    mean, spread = image.mean(axis=axis, keepdims=True), spread(image, axis=axis, keepdims=True)
    return (image - mean) / np.maximum(spread, 1 / np.sqrt(image.size) if floor is None else floor(image.size))


per_image_standardization = Exercise(
    reference.per_image_standardization,
    points=2,
    groups=(
        visible(
            "a picture",
            case("2 × 2 pixels, two channels", np.array([[[1.0, 0.0], [0.9, 0.0]], [[0.1, 1.0], [1.0, 0.2]]])),
            case("whole numbers", np.array([[[0], [3], [9]]])).as_floats(),
        ),
        visible(
            "hardly any contrast",
            case("values 0.5 and 0.52", np.array([[[0.5], [0.52]], [[0.52], [0.5]]])),
            case("an even surface", np.full((2, 2, 1), 0.3)).within(1e-6),
        ),
        hidden(
            "other images",
            lambda rng: [
                case("a picture", random_image(rng)),
                case("bright", 0.8 + 0.2 * random_image(rng)),
                case("whole numbers", rng.integers(0, 256, (4, 3, 3))).as_floats(),
                case("black", np.zeros((3, 3, 3))),
                case("nearly even", 0.5 + 0.02 * random_image(rng, 1, 3, 4)).within(1e-5),
                case("one pixel", random_image(rng, 1, 1, 1)).within(1e-6),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "each-channel-on-its-own",
            "Your channels are standardised one by one, so their colours are lost. One mean and one deviation for "
            "the whole image.",
            lambda image: standardized(image, axis=(0, 1)),
        ),
        Misconception(
            "variance-for-deviation",
            "You divide by the variance. Which quantity has the unit of the values?",
            lambda image: standardized(image, spread=np.var),
        ),
        Misconception(
            "floor-forgotten",
            "An even surface gives you 0/0, and a nearly even one nothing but magnified noise. What keeps the divisor "
            "from getting too small?",
            lambda image: standardized(image, floor=lambda n: 0.0),
        ),
        Misconception(
            "floor-without-root",
            "Your floor is too low: it is one over the root of the number of values.",
            lambda image: standardized(image, floor=lambda n: 1 / n),
        ),
        Misconception(
            "deviation-forgotten",
            "Your mean is 0 and your deviation is as before. Divide by it.",
            lambda image: standardized(image, floor=lambda n: 1.0),
        ),
    ),
)


# ------------------------------------------------------------------------------------------------- pca_color_basis
def eigenvalues_of(student, pixels):
    """The eigenvalues alone."""
    eigenvalues, eigenvectors = student.pca_color_basis(pixels)
    return np.asarray(eigenvalues, dtype=float)


def axes_of(student, pixels):
    """v vᵀ for every eigenvector v, a column: it does not depend on the sign of v."""
    eigenvalues, eigenvectors = student.pca_color_basis(pixels)
    columns = np.asarray(eigenvectors, dtype=float).T
    return columns[:, :, None] * columns[:, None, :]


def colours(rng, n, spread=(0.3, 0.1, 0.03)):
    """Pixels whose principal directions are well apart, in a random frame, around a random mean."""
    frame, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    points = rng.normal(size=(n, 3))
    points, _ = np.linalg.qr(points - points.mean(axis=0))
    return np.sqrt(n) * points * spread @ frame.T + rng.uniform(0.3, 0.6, 3)


def basis_cases(label, pixels):
    return (
        probe(f"{label}: eigenvalues", eigenvalues_of, pixels).within(1e-6 * np.abs(pixels).max() ** 2, 1e-4),
        probe(f"{label}: v vᵀ of each eigenvector", axes_of, pixels).within(1e-3),
    )


def basis_with(pixels, change=None, centred=True, divisor=None):
    """The basis with one thing changed; change: ``change(values, vectors)``."""
    pixels = np.asarray(pixels, dtype=float)
    points = pixels - pixels.mean(axis=0) if centred else pixels
    values, vectors = np.linalg.eigh(points.T @ points / (divisor(len(points)) if divisor else len(points)))
    values, vectors = values[::-1], vectors[:, ::-1]
    return change(values, vectors) if change else (values, vectors)


BOOK_PIXELS = np.array([[0.9, 0.8, 0.3], [0.2, 0.3, 0.2], [0.6, 0.4, 0.5], [0.4, 0.5, 0.1], [0.1, 0.1, 0.0]])

pca_color_basis = Exercise(
    reference.pca_color_basis,
    points=2,
    returns=("eigenvalues", "eigenvectors"),
    groups=(
        visible("five pixels", *basis_cases("five pixels", BOOK_PIXELS)),
        hidden(
            "other pixels",
            lambda rng: [
                *basis_cases("many pixels", colours(rng, 60)),
                *basis_cases("few pixels", colours(rng, 5)),
                *basis_cases("whole numbers", np.rint(200 * colours(rng, 12, (0.4, 0.2, 0.08))).astype(int)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "smallest-first",
            "Your eigenvalues rise. NumPy's eigh sorts them that way; the largest should come first, and its vector.",
            lambda pixels: basis_with(pixels, lambda values, vectors: (values[::-1], vectors[:, ::-1])),
        ),
        Misconception(
            "vectors-as-rows",
            "Your values are right. Your eigenvectors are rows, they should be columns.",
            lambda pixels: basis_with(pixels, lambda values, vectors: (values, vectors.T)),
        ),
        Misconception(
            "mean-not-subtracted",
            "Your first direction points to the mean colour. A covariance measures from the mean.",
            lambda pixels: basis_with(pixels, centred=False),
        ),
        Misconception(
            "divided-by-n-minus-one",
            "Your eigenvalues are a little too large: NumPy's cov divides by n − 1 unless told otherwise.",
            lambda pixels: basis_with(pixels, divisor=lambda n: n - 1),
        ),
        Misconception(
            "deviations-for-eigenvalues",
            "Your eigenvectors are right. Your values are standard deviations along them, the roots of what is asked.",
            lambda pixels: basis_with(pixels, lambda values, vectors: (np.sqrt(np.maximum(values, 0)), vectors)),
        ),
    ),
)


# ------------------------------------------------------------------------------------------------ pca_color_offset
def offset_by(offset):
    """An offset, ``offset(values, vectors, alphas)``, added to every pixel, for the known mistakes."""
    return lambda image, values, vectors, alphas: (
        np.asarray(image) + offset(np.asarray(values), np.asarray(vectors), np.asarray(alphas))
    )


TURN = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


def offset_case(rng, label, image, size=1.0):
    vectors, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return case(label, image, np.sort(rng.uniform(0.1, 1, 3))[::-1].copy(), vectors, size * rng.normal(size=3))


pca_color_offset = Exercise(
    reference.pca_color_offset,
    points=2,
    groups=(
        visible(
            "one direction",
            case("the first", COLOURS, np.array([0.2, 0.05, 0.01]), TURN, np.array([1.0, 0.0, 0.0])),
            case("the second", COLOURS, np.array([0.2, 0.05, 0.01]), TURN, np.array([0.0, -1.0, 0.0])),
        ),
        visible(
            "three directions",
            case("beyond the range", COLOURS, np.array([0.5, 0.4, 0.2]), TURN, np.array([1.0, -0.5, 2.0])),
        ),
        hidden(
            "other images",
            lambda rng: [
                offset_case(rng, "a picture", random_image(rng)),
                offset_case(rng, "a large offset", random_image(rng), 10.0),
                offset_case(rng, "no offset", random_image(rng), 0.0),
                offset_case(rng, "whole numbers", rng.integers(0, 2, (3, 4, 3))).as_floats(),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "vectors-as-rows",
            "Your offset mixes up the directions: they are the columns of the matrix.",
            offset_by(lambda values, vectors, alphas: vectors.T @ (alphas * values)),
        ),
        Misconception(
            "eigenvalues-forgotten",
            "All directions get offsets of one size. The eigenvalues say how much the colours vary along each.",
            offset_by(lambda values, vectors, alphas: vectors @ alphas),
        ),
        Misconception(
            "root-of-eigenvalues",
            "You scale by standard deviations. That would make sense, but the formula has the eigenvalues themselves.",
            offset_by(lambda values, vectors, alphas: vectors @ (alphas * np.sqrt(values))),
        ),
        Misconception(
            "clipped",
            "You clip the result to [0, 1]. Here it is left as it is.",
            lambda *args: np.clip(reference.pca_color_offset(*args), 0, 1),
        ),
    ),
)


# --------------------------------------------------------------------------------------------------- affine_matrix
def matrix_with(
    scale=(1, 1), rotation=0.0, shear=0.0, translation=(0, 0), *, sign=1, unit=1.0, slope=np.tan, upper=True, order=None
):
    """The matrix with one thing changed, for the known mistakes; order: of translation, rotation, shear, scale."""
    cos, sin = np.cos(unit * rotation), sign * np.sin(unit * rotation)
    slant = np.eye(3)
    slant[(0, 1) if upper else (1, 0)] = slope(unit * shear)
    parts = [
        np.array([[1, 0, translation[0]], [0, 1, translation[1]], [0, 0, 1.0]]),
        np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]),
        slant,
        np.diag([*scale, 1.0]),
    ]
    return np.linalg.multi_dot([parts[k] for k in order or (0, 1, 2, 3)])


def changed_matrix(**change):
    """`matrix_with` as a function of the exercise's own arguments."""

    def matrix(scale=(1, 1), rotation=0.0, shear=0.0, translation=(0, 0)):
        return matrix_with(scale, rotation, shear, translation, **change)

    return matrix


def random_affine(rng):
    """Settings of a random affine matrix, none too wild."""
    return {
        "scale": tuple(rng.uniform(0.6, 1.6, 2)),
        "rotation": float(rng.uniform(-3, 3)),
        "shear": float(rng.uniform(-0.7, 0.7)),
        "translation": tuple(rng.uniform(-2, 2, 2)),
    }


def flat(label, *args, **kwargs):
    """A case of a matrix; cos 90° is no exact zero, so zeros have some room."""
    return case(label, *args, **kwargs).within(1e-5, 2e-5)


affine_matrix = Exercise(
    reference.affine_matrix,
    points=2,
    groups=(
        visible(
            "one at a time",
            flat("nothing given"),
            flat("rotation by 30°", rotation=np.pi / 6),
            flat("shear by 0.5", shear=0.5),
        ),
        visible(
            "together",
            flat("rotation, then translation", rotation=np.pi / 2, translation=(1, 2)),
            flat("all four", (2, 3), 0.4, -0.3, (1, 0)),
        ),
        hidden(
            "other settings",
            lambda rng: [
                flat("random settings", **random_affine(rng)),
                flat("random settings, by position", *random_affine(rng).values()),
                flat("the defaults given", (1, 1), 0.0, 0.0, (0, 0)),
                flat("a mirror", scale=(-1, 1)),
                flat("moved", translation=(3, -1)),
                flat("scale and shear", scale=(0.5, 2), shear=float(rng.uniform(-1, 1))),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "order-reversed",
            "Each part is right, their product is in reverse order: what stands on the right of a product of "
            "matrices happens first.",
            changed_matrix(order=(3, 2, 1, 0)),
        ),
        Misconception(
            "rotation-backwards",
            "You turn the other way. In which place does the minus sign of the sine stand?",
            changed_matrix(sign=-1),
        ),
        Misconception(
            "degrees-for-radians",
            "You take angles for degrees. They are given in radians, as NumPy's cos and sin expect them.",
            changed_matrix(unit=np.pi / 180),
        ),
        Misconception(
            "shear-without-tangent",
            "Your shear is close for small angles and wrong for large ones: it is an angle, and the matrix holds a "
            "slope.",
            changed_matrix(slope=lambda angle: angle),
        ),
        Misconception(
            "shear-of-y",
            "Your shear moves points up and down. It should push x to the side, the more the larger y is.",
            changed_matrix(upper=False),
        ),
    ),
)


# ----------------------------------------------------------------------------------------------------- warp_affine
def warp_with(image, matrix, forward=False, centre=None, nearest=False, clamped=False, cut=False, swap=False):
    """A warp with one thing changed, for the known mistakes; centre: ``centre(height, width)`` gives (x, y)."""
    image = np.asarray(image, dtype=float)
    height, width, _ = image.shape
    cx, cy = centre(height, width) if centre else ((width - 1) / 2, (height - 1) / 2)
    inverse = np.asarray(matrix, dtype=float) if forward else np.linalg.inv(matrix)
    y, x = np.mgrid[:height, :width]
    points = np.stack([y - cy, x - cx, 1 + 0 * x] if swap else [x - cx, y - cy, 1 + 0 * x])
    first, second = np.einsum("ij,jyx->iyx", inverse[:2], points)
    x, y = (second + cx, first + cy) if swap else (first + cx, second + cy)
    if nearest:
        x, y = np.rint(x), np.rint(y)
    out = np.zeros_like(image)
    x0, y0 = np.floor(x), np.floor(y)
    for dy in (0, 1):
        for dx in (0, 1):
            column, row = (x0 + dx).astype(int), (y0 + dy).astype(int)
            weight = (1 - np.abs(x - column)) * (1 - np.abs(y - row))
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) | clamped
            values = image[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
            out += (weight * inside)[:, :, None] * values
    if cut:
        out[(x < -1e-9) | (x > width - 1 + 1e-9) | (y < -1e-9) | (y > height - 1 + 1e-9)] = 0
    return out


def moved(label, image, **settings):
    return case(label, image, reference.affine_matrix(**settings)).within(1e-4, 1e-4)


warp_affine = Exercise(
    reference.warp_affine,
    points=3,
    groups=(
        visible(
            "whole pixels",
            moved("one to the right", counting(2, 3), translation=(1, 0)),
            moved("turned by 90°", counting(3, 2), rotation=np.pi / 2),
        ),
        visible(
            "between pixels",
            moved("half a pixel down", counting(2, 2), translation=(0, 0.5)),
            moved("three times as large", counting(3, 2), scale=(3, 3)),
            moved("half as wide, two channels", SQUARE, scale=(0.5, 1)),
        ),
        hidden(
            "other matrices",
            lambda rng: [
                moved("left as it is", random_image(rng)),
                moved("all at once", random_image(rng, 3, 6, 7), **random_affine(rng)),
                moved("a wide image, turned", random_image(rng, 1, 3, 8), rotation=float(rng.uniform(0.5, 1))),
                moved("sheared", random_image(rng, 2, 5, 6), shear=float(rng.uniform(0.3, 0.7))),
                moved("a quarter of a pixel", random_image(rng, 1, 4, 5), translation=(0.25, -1.75)),
                moved("whole numbers", rng.integers(0, 2, (5, 4, 3)), scale=(1.5, 0.7), rotation=0.3).as_floats(),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                moved("out of sight", random_image(rng), translation=(50, -1000)),
                moved("very small", random_image(rng, 2, 5, 5), scale=(0.01, 0.01)),
                moved("one pixel", random_image(rng, 3, 1, 1), rotation=1.0, translation=(0.5, 0)),
                moved("mirrored", random_image(rng, 3, 4, 5), scale=(-1, 1)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "matrix-not-inverted",
            "Your picture moves the wrong way. The matrix says where a pixel of the input goes; you stand at a pixel "
            "of the output and ask where it came from.",
            lambda image, matrix: warp_with(image, matrix, forward=True),
        ),
        Misconception(
            "corner-for-centre",
            "Your picture turns about its top left corner. Measure all points from the centre.",
            lambda image, matrix: warp_with(image, matrix, centre=lambda height, width: (0, 0)),
        ),
        Misconception(
            "centre-half-a-pixel-off",
            "Your centre is half a pixel too far down and right. The pixels count from 0 to W − 1: which number is "
            "in the middle?",
            lambda image, matrix: warp_with(image, matrix, centre=lambda height, width: (width / 2, height / 2)),
        ),
        Misconception(
            "nearest-pixel",
            "You take the nearest pixel. Between pixels the value is a weighted mean of the four around it.",
            lambda image, matrix: warp_with(image, matrix, nearest=True),
        ),
        Misconception(
            "edge-repeated",
            "Outside the image your outermost pixels go on for ever. It should be 0 there.",
            lambda image, matrix: warp_with(image, matrix, clamped=True),
        ),
        Misconception(
            "border-cut-off",
            "Your picture ends abruptly at its border. Between the outermost pixel and the 0 beside it the value is "
            "bilinear too.",
            lambda image, matrix: warp_with(image, matrix, cut=True),
        ),
    ),
)

# -------------------------------------------------------------------------------------------------- radial_distort
LENS = np.array([[1.0, 0.0], [0.0, -0.5], [0.6, 0.8], [-1.0, 2.0], [0.0, 0.0]])

radial_distort = Exercise(
    reference.radial_distort,
    points=1,
    groups=(
        visible("a barrel", case("k1 = −0.2", LENS, -0.2)),
        visible("a pincushion", case("k1 = 0.1", LENS, 0.1)),
        hidden(
            "other points",
            lambda rng: [
                case("random points", rng.normal(size=(int(rng.integers(4, 12)), 2)), float(rng.uniform(-0.3, 0.3))),
                case("no distortion", rng.normal(size=(4, 2)), 0.0),
                case("whole numbers", rng.integers(-3, 4, (5, 2)), 1).as_floats(),
                case("one point", rng.normal(size=(1, 2)), -0.1),
                case("two points", rng.normal(size=(2, 2)), 0.3),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "radius-not-squared",
            "Your distortion grows with r. It should grow with r².",
            lambda points, k1: np.asarray(points) * (1 + k1 * np.linalg.norm(points, axis=1, keepdims=True)),
        ),
        Misconception(
            "axis-by-axis",
            "Your points leave their ray: x and y get different factors. r² is the sum of both squares.",
            lambda points, k1: np.asarray(points) * (1 + k1 * np.asarray(points) ** 2),
        ),
        Misconception(
            "divided",
            "You undo the distortion, roughly: you divide by the factor.",
            lambda points, k1: np.asarray(points) / (1 + k1 * np.sum(np.asarray(points) ** 2, axis=1, keepdims=True)),
        ),
        Misconception(
            "displacement-for-place",
            "You return how far the points move. Where do they come to lie?",
            lambda points, k1: np.asarray(points) * k1 * np.sum(np.asarray(points) ** 2, axis=1, keepdims=True),
        ),
    ),
)


# ------------------------------------------------------------------------------------------------- add_white_noise
def sine(frequency, n, level=0.5):
    """A sine of ``frequency`` cycles a sample."""
    return level * np.sin(2 * np.pi * frequency * np.arange(n) + 0.3)


def noise_of(student, level, snr_db, n, rng):
    """The noise added to a sine of this level, and the sine."""
    signal = sine(0.03, n, level)
    noisy = np.asarray(student.add_white_noise(signal, snr_db, rng), dtype=float)
    if noisy.shape != signal.shape:
        raise ValueError(f"the result has shape {noisy.shape}, expected {signal.shape}")
    return noisy - signal, signal


def ratio_of(student, level, snr_db, n, rng):
    """The measured ratio of signal power to noise power, in decibels."""
    noise, signal = noise_of(student, level, snr_db, n, rng)
    return {"dB": float(10 * np.log10(np.mean(signal**2) / max(np.mean(noise**2), 1e-300)))}


def noise_form(student, level, snr_db, n, rng):
    """Of the noise: its mean in deviations, its kurtosis, and the correlation of neighbours."""
    noise, _ = noise_of(student, level, snr_db, n, rng)
    spread = max(noise.std(), 1e-300)
    return {
        "mean": float(noise.mean() / spread),
        "kurtosis (normal 3, uniform 1.8)": float(np.mean((noise - noise.mean()) ** 4) / spread**4),
        "correlation of neighbours": float(np.mean(noise[1:] * noise[:-1]) / spread**2),
    }


def noise_with(signal, snr_db, rng, deviation=None, draw=None, change=None):
    """A noisy sound with one thing changed; deviation: ``deviation(power, snr_db)``."""
    power = np.mean(np.asarray(signal, dtype=float) ** 2)
    deviation = deviation(power, snr_db) if deviation else np.sqrt(power / 10 ** (snr_db / 10))
    noise = deviation * (draw or (lambda rng, n: rng.normal(size=n)))(rng, np.size(signal))
    return change(signal + noise) if change else signal + noise


add_white_noise = Exercise(
    reference.add_white_noise,
    points=2,
    groups=(
        visible(
            "the ratio",
            probe("20 dB", ratio_of, 0.5, 20, 6000, Rng(1)).within(0.7),
            probe("a loud sine, 3 dB", ratio_of, 1.0, 3, 6000, Rng(2)).within(0.7),
        ),
        visible("the noise", probe("white and Gaussian", noise_form, 0.5, 10, 6000, Rng(3)).within(0.5)),
        visible("randomness", randomness("add_white_noise", np.array([0.1, -0.2, 0.3]), 10)),
        hidden(
            "other ratios",
            lambda rng: [
                probe("more noise than signal", ratio_of, 0.3, -6, 6000, seed(rng)).within(0.7),
                probe("a soft sine", ratio_of, 0.01, float(rng.uniform(5, 30)), 6000, seed(rng)).within(0.7),
                probe("0 dB", ratio_of, 1.0, 0, 6000, seed(rng)).within(0.7),
                probe("the form of the noise", noise_form, 0.9, 6, 6000, seed(rng)).within(0.5),
            ],
        ),
        hidden("silence", lambda rng: [case("stays silent", np.zeros(8), 10, seed(rng))], weight=0.5),
    ),
    misconceptions=(
        Misconception(
            "decibels-of-amplitude",
            "Your noise is too loud for positive ratios. Decibels of a power have a 10, those of an amplitude a 20.",
            lambda signal, snr_db, rng: noise_with(
                signal, snr_db, rng, lambda power, db: np.sqrt(power / 10 ** (db / 20))
            ),
        ),
        Misconception(
            "signal-power-forgotten",
            "Your noise is as loud for a soft sound as for a loud one. The ratio is one to the signal's power.",
            lambda signal, snr_db, rng: noise_with(signal, snr_db, rng, lambda power, db: np.sqrt(10 ** (-db / 10))),
        ),
        Misconception(
            "power-for-deviation",
            "You use the noise's power as its standard deviation. Power is the mean of squares.",
            lambda signal, snr_db, rng: noise_with(signal, snr_db, rng, lambda power, db: power / 10 ** (db / 10)),
        ),
        Misconception(
            "uniform-for-normal",
            "Your noise has the right power, but its values end abruptly: they are uniform, not Gaussian.",
            lambda signal, snr_db, rng: noise_with(
                signal, snr_db, rng, draw=lambda rng, n: rng.uniform(-np.sqrt(3), np.sqrt(3), n)
            ),
        ),
        Misconception(
            "clipped",
            "You clip the noisy sound. Here it is left as it is.",
            lambda signal, snr_db, rng: noise_with(signal, snr_db, rng, change=lambda x: np.clip(x, -1, 1)),
        ),
        Misconception(
            "other-generator",
            OTHER_GENERATOR,
            lambda signal, snr_db, rng: noise_with(signal, snr_db, None, draw=lambda rng, n: np.random.normal(size=n)),
        ),
    ),
)


# -------------------------------------------------------------------------------------------------------- resample
def resampled(signal, factor, places=None, length=None):
    """Resampling with one thing changed; places: ``places(n, m)``."""
    signal = np.asarray(signal, dtype=float)
    n = len(signal)
    m = length(n, factor) if length else round(n * factor)
    return np.interp(places(n, m) if places else np.linspace(0, n - 1, m), np.arange(n), signal)


SQUARES = np.array([0.0, 0.1, 0.4, 0.9])

resample = Exercise(
    reference.resample,
    points=1,
    groups=(
        visible(
            "longer",
            case("4 samples, factor 1.75", SQUARES, 1.75),
            case("4 samples, factor 1.7", SQUARES, 1.7),
        ),
        visible("shorter", case("6 samples, factor 0.5", np.array([0.2, 0.5, -0.1, 0.4, 0.8, -0.3]), 0.5)),
        hidden(
            "other sounds",
            lambda rng: [
                case("longer", rng.uniform(-1, 1, int(rng.integers(20, 40))), 1.37),
                case("shorter", rng.uniform(-1, 1, 31), 0.62),
                case("the same length", rng.uniform(-1, 1, 9), 1.0),
                case("whole numbers", rng.integers(-1, 2, 11), 3).as_floats(),
                case("two samples left", rng.uniform(-1, 1, 20), 0.1),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "factor-inverted",
            "Your sound gets shorter for a factor above 1. The factor multiplies the number of samples.",
            lambda signal, factor: resampled(signal, factor, length=lambda n, factor: round(n / factor)),
        ),
        Misconception(
            "length-cut-off",
            "Your sound lacks a sample at times: its length is rounded to the nearest whole number.",
            lambda signal, factor: resampled(signal, factor, length=lambda n, factor: int(n * factor)),
        ),
        Misconception(
            "last-sample-lost",
            "Your first sample is right and your last one isn't. The places go from the first sample to the last, both "
            "included.",
            lambda signal, factor: resampled(signal, factor, places=lambda n, m: np.arange(m) * n / m),
        ),
        Misconception(
            "nearest-sample",
            "You repeat or drop samples. Between two samples the value lies on a straight line.",
            lambda signal, factor: resampled(
                signal, factor, places=lambda n, m: np.floor(np.linspace(0, n - 1, m) + 0.5)
            ),
        ),
    ),
)


# ---------------------------------------------------------------------------------------- time_stretch, pitch_shift
def frequency_of(sound):
    """The frequency of the strongest sine in a sound, in cycles a sample."""
    n = 8 * len(sound)
    return float(np.argmax(np.abs(np.fft.rfft(sound * np.hanning(len(sound)), n))) / n)


def middle_of(sound, centre=0.5):
    """A quarter of the sound to each side of its middle, or an eighth to each side of another place."""
    sound, width = np.asarray(sound, dtype=float).ravel(), 0.25 if centre == 0.5 else 0.125
    return sound[int((centre - width) * len(sound)) : int((centre + width) * len(sound))]


def stretched_sine(student, frequency, n, *settings):
    """What is promised of a stretched sine, each in a unit of which it may be off by 1."""
    out = np.asarray(student.time_stretch(sine(frequency, n), *settings), dtype=float)
    level = max(np.sqrt(2 * np.mean(middle_of(out) ** 2)) / 0.5, 1e-3)
    return {
        "frequency (in % of its own)": 100 * frequency_of(middle_of(out)) / frequency,
        "level (in steps of 3 dB)": float(20 * np.log10(level) / 3),
        "length (in frames)": out.size / (settings[1] if len(settings) > 1 else 1024),
    }


def stretched_halves(student, first, second, n, *settings):
    """Two tones, one after the other, stretched: the frequencies of both halves as multiples of theirs."""
    signal = np.concatenate([sine(first, n // 2), sine(second, n - n // 2)])
    out = student.time_stretch(signal, *settings)
    return [frequency_of(middle_of(out, 0.25)) / first, frequency_of(middle_of(out, 0.75)) / second]


def stretches(frequency, rate, *settings, n=6000):
    """A case of one sine of n samples at one rate."""
    label = f"a sine of {frequency:.4g} cycles a sample, rate {rate:.4g}"
    return probe(label, stretched_sine, frequency, n, rate, *settings).within(1.0)


def overlapped(signal, rate, frame=1024, hop=256, window=True, aligned=True):
    """Frames of the input put at other distances, for the known mistakes; aligned frames are the reference's."""
    signal = np.asarray(signal, dtype=float)
    length = round(len(signal) / rate)
    hann = np.hanning(frame + 1)[:-1]
    padded = np.concatenate([signal, np.zeros(frame + hop)])
    out, weight = np.zeros(length + frame), np.full(length + frame, 1e-9)
    for at in range(0, length, hop):
        start = min(int(at * rate), len(signal))
        out[at : at + frame] += hann * padded[start : start + frame]
        weight[at : at + frame] += hann
    return (out / weight)[:length]


def cut_or_repeated(signal, rate, frame=1024, hop=256):
    return np.resize(np.asarray(signal, dtype=float), round(len(signal) / rate))


AGAINST = 6.5 / 128  # cycles a sample: at a rate of 1.5 and a hop of 256 each frame comes half a period late

time_stretch = Exercise(
    reference.time_stretch,
    points=3,
    groups=(
        visible("faster", stretches(0.05, 2.0), stretches(AGAINST, 1.5)),
        visible("slower", stretches(0.11, 0.5), stretches(0.031, 0.8)),
        visible(
            "two tones, one after the other",
            probe("faster, rate 1.6", stretched_halves, 0.04, 0.07, 8000, 1.6).within(0.01),
            probe("slower, rate 0.6", stretched_halves, 0.08, 0.05, 6000, 0.6).within(0.01),
        ),
        hidden(
            "other tones and rates",
            lambda rng: [
                stretches(float(rng.uniform(0.03, 0.08)), float(rng.uniform(1.1, 2.0))),
                stretches(float(rng.uniform(0.08, 0.2)), float(rng.uniform(0.5, 0.9))),
                stretches(float(rng.uniform(0.03, 0.1)), 1.0),
                probe(
                    "two tones, one after the other", stretched_halves, 0.06, 0.09, 8000, float(rng.uniform(1.2, 1.6))
                ).within(0.01),
            ],
        ),
        hidden(
            "shorter frames",
            lambda rng: [
                stretches(float(rng.uniform(0.06, 0.1)), 1.4, 512, 128, n=4000),
                stretches(float(rng.uniform(0.06, 0.1)), 0.7, 512, 128, n=4000),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "resampled",
            "Your sound has the right length and another pitch. Playing the samples faster raises every frequency.",
            lambda signal, rate, frame=1024, hop=256: reference.resample(signal, 1 / rate),
        ),
        Misconception(
            "rate-inverted",
            "Your sound gets longer for a rate above 1. A rate of 2 is twice as fast.",
            lambda signal, rate, frame=1024, hop=256: reference.time_stretch(signal, 1 / rate, frame, hop),
        ),
        Misconception(
            "frames-not-aligned",
            "Some sines nearly vanish. You move the frames as they are, and where they overlap their waves may cancel: "
            "either their phases or their places have to be adapted.",
            overlapped,
        ),
        Misconception(
            "overlaps-not-levelled",
            "Your sound is too loud. Several frames overlap in each sample: divide by the sum of what their windows "
            "weigh.",
            lambda signal, rate, frame=1024, hop=256: 2 * reference.time_stretch(signal, rate, frame, hop),
        ),
        Misconception(
            "cut-or-repeated",
            "Your tones come at the wrong time: you cut the sound off, or start it again. All of it should be heard, "
            "faster or slower.",
            cut_or_repeated,
        ),
    ),
)


def shifted_frequency(student, frequency, n, semitones):
    """The frequency of a shifted sine, as a multiple of its own."""
    return frequency_of(middle_of(student.pitch_shift(sine(frequency, n), semitones))) / frequency


def shifted_length(student, frequency, n, semitones):
    """The number of samples of a shifted sine."""
    return int(np.size(student.pitch_shift(sine(frequency, n), semitones)))


def shifted_halves(student, first, second, n, semitones):
    """Two tones, one after the other, shifted: the frequencies of both halves as multiples of theirs."""
    signal = np.concatenate([sine(first, n // 2), sine(second, n - n // 2)])
    out = student.pitch_shift(signal, semitones)
    return [frequency_of(middle_of(out, 0.25)) / first, frequency_of(middle_of(out, 0.75)) / second]


def shifted_silence(student, frequency, n, semitones):
    """Whether each tenth of a shifted sine can be heard."""
    out = np.asarray(student.pitch_shift(sine(frequency, n), semitones), dtype=float)
    return {"every tenth is heard": bool(min(np.sqrt(np.mean(part**2)) for part in np.array_split(out, 10)) > 0.2)}


def shifts(frequency, semitones, n=6000):
    """A case of one sine and one interval."""
    label = f"a sine of {frequency:.4g} cycles a sample, {semitones:+g} semitones"
    return probe(label, shifted_frequency, frequency, n, semitones).within(0.0, 0.01)


def shifted_by(signal, semitones, ratio):
    """A shift by another ratio, ``ratio(semitones)``, for the known mistakes."""
    stretched = reference.time_stretch(signal, 1 / ratio(semitones))
    return reference.resample(stretched, len(signal) / len(stretched))


def padded_with_silence(signal, semitones):
    out = np.zeros(len(signal))
    shorter = reference.resample(signal, 2 ** (-semitones / 12))[: len(signal)]
    out[: len(shorter)] = shorter
    return out


pitch_shift = Exercise(
    reference.pitch_shift,
    points=2,
    groups=(
        visible("higher", shifts(0.04, 7), shifts(0.03, 12)),
        visible("lower", shifts(0.09, -5)),
        visible(
            "length",
            probe("of 2000 samples, +7 semitones", shifted_length, 0.05, 2000, 7),
            probe("no part of 6000 samples is silent, +7 semitones", shifted_silence, 0.05, 6000, 7),
        ),
        visible(
            "two tones, one after the other",
            probe("five semitones up", shifted_halves, 0.04, 0.06, 8000, 5).within(0.0, 0.01),
        ),
        hidden(
            "other intervals",
            lambda rng: [
                shifts(float(rng.uniform(0.05, 0.08)), int(rng.integers(2, 6))),
                shifts(float(rng.uniform(0.08, 0.12)), -int(rng.integers(6, 12)), 5001),
                shifts(0.05, 0),
                probe("length", shifted_length, 0.05, int(rng.integers(2000, 3000)), -4),
                probe("length, no shift", shifted_length, 0.05, 3001, 0),
                shifts(0.06, 0.5),
                probe("two tones", shifted_halves, 0.09, 0.06, 8000, -int(rng.integers(3, 6))).within(0.0, 0.01),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "length-changed",
            "Your pitch is right and your length isn't. Stretch the sound in time first, so that it has the right "
            "length after the resampling.",
            lambda signal, semitones: reference.resample(signal, 2 ** (-semitones / 12)),
        ),
        Misconception(
            "other-direction",
            "Your sound gets lower for positive semitones.",
            lambda signal, semitones: shifted_by(signal, semitones, lambda s: 2 ** (-s / 12)),
        ),
        Misconception(
            "semitones-added-up",
            "Twelve semitones come out right and seven don't. Semitones multiply: each has the same ratio, and twelve "
            "of them make 2.",
            lambda signal, semitones: shifted_by(signal, semitones, lambda s: max(0.25, 1 + s / 12)),
        ),
        Misconception(
            "padded-with-silence",
            "Your sound ends in silence: resampling alone makes it shorter. Stretch it in time first.",
            padded_with_silence,
        ),
        Misconception(
            "cut-or-repeated",
            "Pitch and length are right, but your tones come at the wrong time: you have cut off or repeated what did "
            "not fit.",
            lambda signal, semitones: np.resize(reference.resample(signal, 2 ** (-semitones / 12)), len(signal)),
        ),
    ),
)

EXERCISES = (
    flip_left_right,
    flip_up_down,
    random_crop,
    pad_and_crop,
    random_resized_crop_box,
    resized_shape,
    ten_crop,
    tta_predict,
    adjust_brightness,
    adjust_contrast,
    contrast_normalize,
    to_grayscale,
    adjust_saturation,
    per_image_standardization,
    pca_color_basis,
    pca_color_offset,
    affine_matrix,
    warp_affine,
    radial_distort,
    add_white_noise,
    resample,
    time_stretch,
    pitch_shift,
)
