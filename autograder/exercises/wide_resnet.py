"""What right answers in chapter ``wide_resnet`` are.

Batches that were augmented are judged by shares and means over 120 images. A share that lies as near to the right one
as `SHARES`, and a mean as near as `CHANGES`, counts as right: that is six times its own standard error, or more.
"""

from functools import partial

import numpy as np

from solutions import wide_resnet as reference

from ..judging.plain import Formula, Rng
from ..judging.vocabulary import Exercise, Misconception, case, hidden, misconceptions, probe, raised, visible

BATCHES, IMAGES = 30, 4  # batches that are judged together, and images in each
SHARES, CHANGES = 0.28, 0.35


# ------------------------------------------------------------------------------------------ wide_resnet_plan
def plan_raises(student, depth, widen):
    """Which error this depth raises."""
    return raised(student.wide_resnet_plan, depth, widen)


def plan(depth, widen):
    if (depth - 4) % 6:
        raise ValueError(f"no plan of depth {depth}")
    return (depth - 4) // 6, [16, 16 * widen, 32 * widen, 64 * widen]


def random_depth(rng, off=0):
    return 6 * int(rng.integers(2, 30)) + 4 + off


wide_resnet_plan = Exercise(
    reference.wide_resnet_plan,
    points=1,
    returns=("blocks", "widths"),
    groups=(
        visible(
            "networks of the paper",
            case("WRN-28-10", 28, 10),
            case("WRN-16-8", 16, 8),
            case("WRN-40-1, not widened", 40, 1),
        ),
        visible(
            "depths without a plan",
            probe("depth 20", plan_raises, 20, 10),
            probe("depth 27", plan_raises, 27, 2),
        ),
        hidden(
            "other networks",
            lambda rng: [
                case("one block in each group", 10, int(rng.integers(3, 9))),
                case("a deep one", random_depth(rng, 60), 3),
                *[case(f"network {k + 1}", random_depth(rng), int(rng.integers(3, 20))) for k in range(4)],
                case("by name", widen=int(rng.integers(3, 9)), depth=random_depth(rng)),
            ],
        ),
        hidden(
            "other depths without a plan",
            lambda rng: [probe(f"off by {k}", plan_raises, random_depth(rng, k), 4) for k in range(1, 6)],
        ),
    ),
    misconceptions=misconceptions(
        plan,
        {
            "any-depth-accepted": (
                "Your plans are right where there is one. What should happen where the layers cannot be "
                "shared out evenly?",
                "(depth - 4) % 6 → False",
            ),
            "layers-for-blocks": (
                "You count the layers of a group. How many layers has a block?",
                "(depth - 4) // 6 → (depth - 4) // 3",
            ),
            "blocks-in-all": (
                "You count the blocks of the whole network. They are shared by three groups.",
                "(depth - 4) // 6 → (depth - 4) // 2",
            ),
            "stem-widened": (
                "Your first width grows with the network. Which of the four belongs to the layer before the groups?",
                "[16, 16 → [16 * widen, 16",
            ),
            "not-widened": (
                "Your widths are those of the thin network. Which argument says how many times wider the groups are?",
                "if (depth → widen = 1\nif (depth",
            ),
            "widened-at-every-group": (
                "Your widths grow by the widening factor from group to group. By which factor do they grow in"
                " the thin network, and does widening change that?",
                "32 * widen, 64 * widen → 16 * widen**2, 16 * widen**3",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------ residual_forward
def residual(x, branch, *, factor=None, take=None, fill=None, after=None):
    """The block with one thing changed, for the known mistakes.

    factor: from two sizes to the stride; take: pixels of x for maps of a size; fill: those in the branch's
    channels; after: what is done with the sum.
    """
    x, maps = np.asarray(x, dtype=float), np.asarray(branch(x), dtype=float)
    s = (factor or (lambda n, m: -(-n // m)))(x.shape[2], maps.shape[2])
    taken = take(x, s, maps.shape) if take else x[:, :, ::s, ::s]
    out = maps + (fill or zeros_after)(taken, maps.shape[1] - x.shape[1])
    return after(out) if after else out


def zeros_after(taken, more):
    return np.pad(taken, ((0, 0), (0, more), (0, 0), (0, 0)))


def zeros_before(taken, more):
    return np.pad(taken, ((0, 0), (more, 0), (0, 0), (0, 0)))


def zeros_on_both_sides(taken, more):
    return np.pad(taken, ((0, 0), (more // 2, more - more // 2), (0, 0), (0, 0)))


def channels_again(taken, more):
    return taken[:, np.arange(taken.shape[1] + more) % taken.shape[1]]


def means(x, s, shape):
    """The mean of each window of s × s, at the border of the part of it that is there."""
    rows = [x[:, :, i * s : i * s + s].mean(axis=2) for i in range(shape[2])]
    x = np.stack(rows, axis=2)
    return np.stack([x[..., j * s : j * s + s].mean(axis=3) for j in range(shape[3])], axis=3)


def corner(x, s, shape):
    return x[:, :, : shape[2], : shape[3]]


def residual_in_place(x, branch):
    maps = branch(x)
    if maps.shape != x.shape:
        return residual(x, branch)
    x += maps
    return x


def residual_plain(x, branch):
    return branch(x)


def counting(shape):
    """Images of 1, 2, 3, …: where a number is found later tells where it was taken."""
    return np.arange(1.0, 1 + np.prod(shape)).reshape(shape)


def mixing(rng, c_in, c_out, stride):
    """A branch that mixes the channels of every pixel and keeps every ``stride``-th."""
    w = np.round(rng.normal(0, 1, (c_out, c_in)), 3).tolist()
    return Formula(f"lambda x: np.tanh(np.einsum('fc,nchw->nfhw', np.array({w}), x))[:, :, ::{stride}, ::{stride}]")


def random_block(rng, label, more, stride, size=None, whole=False):
    """A case of random images and a branch with ``more`` channels; size: (H, W)."""
    n, c = int(rng.integers(1, 4)), int(rng.integers(2, 4))
    height, width = size or rng.integers(4, 8, 2).tolist()
    x = rng.integers(-4, 5, (n, c, height, width)) if whole else rng.normal(0, 1, (n, c, height, width))
    return case(label, x, mixing(rng, c, c + more, stride))


residual_forward = Exercise(
    reference.residual_forward,
    points=2,
    groups=(
        visible(
            "same shape",
            case("a branch of zeros", counting((1, 2, 2, 2)) - 4, Formula("lambda x: 0 * x")),
            case("a branch of ten times x", counting((2, 1, 2, 2)), Formula("lambda x: 10 * x")),
            case("a branch that returns x itself", counting((1, 2, 2, 1)), Formula("lambda x: x")),
        ),
        visible(
            "more channels",
            case("from one to three", counting((1, 1, 2, 2)), Formula("lambda x: np.full((1, 3, 2, 2), 100.0)")),
            case("from two to four", counting((1, 2, 1, 2)), Formula("lambda x: np.full((1, 4, 1, 2), -10.0)")),
        ),
        visible(
            "smaller maps",
            case("from 4 × 4 to 2 × 2", counting((1, 1, 4, 4)), Formula("lambda x: np.zeros((1, 1, 2, 2))")),
            case("from 5 × 5 to 3 × 3", counting((1, 1, 5, 5)), Formula("lambda x: np.zeros((1, 1, 3, 3))")),
            case(
                "smaller, and more channels",
                counting((1, 2, 4, 4)),
                Formula("lambda x: np.concatenate([x, x], axis=1)[:, :, 1::2, 1::2]"),
            ),
        ),
        hidden(
            "same shape, other branches",
            lambda rng: [
                random_block(rng, "a branch that mixes channels", 0, 1),
                random_block(rng, "whole numbers", 0, 1, whole=True).as_floats(),
                case("one pixel", rng.normal(0, 1, (3, 2, 1, 1)), Formula("lambda x: np.maximum(x, 0)")),
                case("huge numbers", 1e30 * rng.normal(0, 1, (1, 2, 3, 3)), Formula("lambda x: -0.5 * x")),
            ],
        ),
        hidden(
            "other channels",
            lambda rng: [
                random_block(rng, "one more", 1, 1),
                random_block(rng, "many more", int(rng.integers(3, 7)), 1),
                random_block(rng, "whole numbers", 2, 1, whole=True).as_floats(),
            ],
        ),
        hidden(
            "other sizes",
            lambda rng: [
                random_block(rng, "stride 2", 2, 2, (6, 6)),
                random_block(rng, "stride 2, not square", 3, 2, (8, 4)),
                random_block(rng, "stride 2, odd sizes", 2, 2, (7, 5)),
                random_block(rng, "stride 3", 0, 3, (9, 9)),
                random_block(rng, "stride 3, uneven", 1, 3, (7, 7)),
                random_block(rng, "whole numbers", 4, 2, (28, 28), whole=True).as_floats(),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "no-shortcut",
            "A branch of zeros should let the input through. Where does x go in your block?",
            residual_plain,
        ),
        Misconception(
            "rectified-sum",
            "Negative numbers are lost after your sum. In this block nothing stands between one shortcut and the next.",
            partial(residual, after=lambda out: np.maximum(out, 0)),
        ),
        Misconception(
            "averaged-shortcut",
            "Your shortcut takes means of pixels. The one asked for leaves pixels out and changes none.",
            partial(residual, take=means),
        ),
        Misconception(
            "corner-of-the-image",
            "Your shortcut takes the upper left corner. The smaller map shows the whole image: which pixels belong to "
            "it?",
            partial(residual, take=corner),
        ),
        Misconception(
            "stride-rounded-down",
            "Try 5 pixels and a map of 3. Your stride is too small there: which way is the quotient rounded?",
            partial(residual, factor=lambda n, m: n // m),
        ),
        Misconception(
            "channels-repeated",
            "Your shortcut fills the new channels with the old ones. What should a channel hold that x does not have?",
            partial(residual, fill=channels_again),
        ),
        Misconception(
            "zeros-before",
            "The new channels of your shortcut come first. Which channels of the sum should x be added to?",
            partial(residual, fill=zeros_before),
        ),
        Misconception(
            "zeros-on-both-sides",
            "You put half of the new channels before the old ones, as some libraries do. Here they all come after.",
            partial(residual, fill=zeros_on_both_sides),
        ),
        Misconception(
            "changes-its-input",
            "The values are right, but x has changed too. The operator += writes into the array on its left.",
            residual_in_place,
        ),
    ),
)


# -------------------------------------------------------------------------------------------- augment_batch
def snapped(value, right, slack):
    """The right value where the measured one is as near as chance leaves it, else the measured one."""
    return right if abs(value - right) <= slack else float(value)


def standard(images):
    """Images with mean 0 and standard deviation 1, each as a row."""
    rows = np.asarray(images, dtype=float).reshape(len(images), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(rows.std(axis=1, keepdims=True), 1 / np.sqrt(rows.shape[1]))


def batches_of(student, image, padding, max_delta, rng, batches, images):
    """What becomes of batches of copies of one image: (batches·images, H, W, C)."""
    copies = np.stack([image] * images)
    out = [student.augment_batch(copies, padding, max_delta, rng) for _ in range(batches)]
    out = np.asarray(out, dtype=float)
    if out.shape != (batches, *copies.shape):
        raise ValueError(f"batches of shape {out.shape[1:]}, expected {copies.shape}")
    return out.reshape(-1, *image.shape)


def crops_and_flips(student, image, rng, batches, images, slack):
    """Which crop, and which of its sides, copies of an image get, padded by 1 and at constant brightness."""
    rows = standard(batches_of(student, image, 1, 0.0, rng, batches, images))
    height, width, _ = image.shape
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    crops = [padded[i : i + height, j : j + width] for i in range(3) for j in range(3)]
    known = standard(crops + [crop[:, ::-1] for crop in crops])
    match = np.argmax(rows @ known.T, axis=1)
    away = np.abs(rows - known[match]).max(axis=1)
    place, flipped = match % 9, match >= 9
    batch = match.reshape(batches, images)
    return {
        "share that is a crop or its mirror image": snapped(np.mean(away < 1e-3), 1.0, slack),
        "shares of the rows of the corner": [snapped(np.mean(place // 3 == k), 1 / 3, slack) for k in range(3)],
        "shares of the columns of the corner": [snapped(np.mean(place % 3 == k), 1 / 3, slack) for k in range(3)],
        "share of mirror images": snapped(np.mean(flipped), 0.5, slack),
        "share of batches whose images are alike": snapped(np.mean(batch == batch[:, :1]) == 1, 0.0, 0.0),
    }


def brightness(student, max_delta, rng, batches, images, slack):
    """By how much the brightness changes, in units of max_delta.

    The image holds 0 (its border), ½ and 1. A change moves the ½ and clips one end, so the ratio of the two
    distances from the middle to the ends tells the change even after standardising.
    """
    image = np.ones((3, 3, 1))
    image[1, 1] = 0.5
    out = batches_of(student, image, 1, max_delta, rng, batches, images)
    rows = out.reshape(len(out), -1)
    low, high = rows.min(axis=1), rows.max(axis=1)
    to_low, to_high = rows - low[:, None], high[:, None] - rows
    middle = np.arange(len(rows)), np.minimum(to_low, to_high).argmax(axis=1)
    below, above = to_low[middle], to_high[middle]
    seen = np.minimum(below, above) > 1e-3  # the border is in view: there are three levels
    ratio = below[seen] / above[seen]
    found = np.where(ratio > 1, 0.5 - 0.5 / np.maximum(ratio, 1), (ratio - 1) / 2) / max_delta
    found = found if len(found) else np.zeros(1)
    return {
        "mean change": snapped(np.mean(found), 0.0, slack),
        "mean size of the changes": snapped(np.mean(np.abs(found)), 0.5, slack),
        "largest change": snapped(np.max(np.abs(found)), 1.0, slack),
        "none larger than max_delta": bool(np.max(np.abs(found)) < 1.01),
    }


def randomness(student, image, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""
    batch = np.stack([image] * 8)
    first, again, different = (np.asarray(student.augment_batch(batch, 1, 0.3, g)) for g in (rng, twin, other))
    second = np.asarray(student.augment_batch(batch, 1, 0.3, rng))
    return {
        "same seed, same batch": bool(np.array_equal(first, again)),
        "another seed, another batch": not np.array_equal(first, different),
        "second draw, another batch": not np.array_equal(first, second),
        "images that differ": not np.allclose(first, first[:1]),
    }


def moments(student, images, padding, max_delta, rng):
    """Shape of the batch, and mean and standard deviation of each of its images."""
    out = np.asarray(student.augment_batch(images, padding, max_delta, rng), dtype=float)
    rows = out.reshape(len(out), -1)
    return {"shape": list(out.shape), "means": np.round(rows.mean(axis=1), 4) + 0.0, "deviations": rows.std(axis=1)}


def augmented(images, padding, max_delta, rng):
    out = np.zeros(images.shape)
    for k, image in enumerate(images):
        i, j = rng.integers(0, 2 * padding + 1, 2)
        (h, w), wide = image.shape[:2], np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
        image = wide[i : i + h, j : j + w]
        if rng.random() < 0.5:
            image = image[:, ::-1]
        image = np.clip(image + rng.uniform(-max_delta, max_delta), 0, 1)
        deviation = max(image.std(), 1 / np.sqrt(image.size))
        out[k] = (image - image.mean()) / deviation
    return out


def picture(seed, shape):
    """A picture without symmetry, for the judge to recognise its crops."""
    return np.round(np.random.default_rng(seed).uniform(0.3, 1, shape), 2)


def even(rng, n, size, channels, low=0.0, high=1.0):
    """Images that are their own mirror images: without padding and change of brightness nothing is left to chance."""
    half = rng.uniform(low, high, (n, size, size, channels))
    return (half + half[:, :, ::-1]) / 2


EVEN = np.array([[[0, 1, 0], [1, 1, 1]], [[0.5, 0.7, 0.5], [0.2, 0.4, 0.2]]])[..., None]
FAINT = np.array([[[0.5, 0.5], [0.6, 0.6]], [[1, 1], [1, 1]]])[..., None]


def drawn(label, function, *args, seed):
    """A case of `BATCHES` batches that judges what was drawn."""
    slack = CHANGES if function is brightness else SHARES
    return probe(label, function, *args, Rng(seed), BATCHES, IMAGES, slack).within(slack)


def decided_by(seed, image):
    return probe("rng decides, and nothing else", randomness, image, Rng(seed), Rng(seed), Rng(seed + 1))


augment_batch = Exercise(
    reference.augment_batch,
    points=3,
    groups=(
        visible(
            "standardised",
            case("images that are their own mirror images", EVEN, 0, 0.0, Rng(1)),
            case("faint and empty images", FAINT, 0, 0.0, Rng(2)),
            probe(
                "zero mean and unit variance",
                moments,
                np.stack([picture(k, (4, 3, 2)) for k in (1, 2)]),
                1,
                0.2,
                Rng(3),
            ),
        ),
        visible("crops and flips", drawn("120 copies of one image", crops_and_flips, picture(0, (4, 4, 1)), seed=4)),
        visible("brightness", drawn("120 copies of one image", brightness, 0.4, seed=5)),
        visible("randomness", decided_by(6, picture(0, (4, 4, 1)))),
        hidden(
            "other images",
            lambda rng: [
                case("colour", even(rng, 3, 5, 3), 0, 0.0, Rng(1)),
                case("one image", even(rng, 1, 6, 1), 0, 0.0, Rng(1)),
                case("hardly any contrast", even(rng, 3, 6, 1, 0.5, 0.51), 0, 0.0, Rng(1)).within(1e-5),
                case(
                    "black and white in whole numbers", np.arange(2).repeat(9).reshape(2, 3, 3, 1), 0, 0.0, Rng(1)
                ).as_floats(),
                case("a constant image, whatever its brightness", np.full((2, 4, 4, 3), 0.4), 0, 0.3, Rng(1)).within(
                    1e-5
                ),
                probe(
                    "not square, in colour", moments, rng.uniform(0, 1, (4, 7, 4, 3)), 2, 0.2, Rng(rng.integers(2**31))
                ),
            ],
        ),
        hidden(
            "crops and flips, other draws",
            lambda rng: [
                drawn(
                    "another image",
                    crops_and_flips,
                    np.round(rng.uniform(0.3, 1, (5, 3, 2)), 2),
                    seed=rng.integers(2**31),
                )
            ],
        ),
        hidden(
            "brightness, other draws",
            lambda rng: [drawn("another range", brightness, float(rng.uniform(0.3, 0.45)), seed=rng.integers(2**31))],
        ),
        hidden("randomness, other seeds", lambda rng: [decided_by(int(rng.integers(2**31)), picture(3, (3, 5, 1)))]),
    ),
    misconceptions=misconceptions(
        augmented,
        {
            "one-draw-for-the-batch": (
                "All images of a batch get the same crop, flip and brightness from you. Each is to be drawn "
                "on its own.",
                "for k, image in enumerate(images): → seed = int(rng.integers(2**31))\nfor k, image in "
                "enumerate(images):\n    rng = np.random.default_rng(seed)",
            ),
            "every-image-flipped": (
                "You flip every image, so the network never sees one the right way round. How likely is a flip to be?",
                "rng.random() < 0.5 → True",
            ),
            "upside-down": (
                "You turn images upside down. Which axis of (H, W, C) runs from left to right?",
                "image[:, ::-1] → image[::-1]",
            ),
            "last-position-missing": (
                "Some crops never come. How many positions has a crop in a padded image, and does your draw "
                "include the last?",
                "2 * padding + 1, 2 → max(1, 2 * padding), 2",
            ),
            "only-brighter": (
                "Your images become brighter and never darker. From where to where does the change of brightness go?",
                "rng.uniform(-max_delta → rng.uniform(0",
            ),
            "brightness-not-clipped": (
                "Your change of brightness leaves no trace: standardising takes every constant away again. "
                "What comes between the two?",
                "np.clip(image + rng.uniform(-max_delta, max_delta), 0, 1) → image + rng.uniform(-max_delta, "
                "max_delta)",
            ),
            "padded-last": (
                "The border of your images stays black when they are brightened. In which order do the steps come?",
                "image = np.clip(image + rng.uniform(-max_delta, max_delta), 0, 1) → pass",
                "i, j = → image = np.clip(image + rng.uniform(-max_delta, max_delta), 0, 1)\ni, j =",
            ),
            "standardised-as-a-batch": (
                "You take one mean and one deviation for the whole batch. Which axes belong to a single image?",
                "out[k] = (image - image.mean()) / deviation → out[k] = image",
                "return out → return (out - out.mean()) / max(out.std(), 1 / np.sqrt(out[0].size))",
            ),
            "divided-by-variance": (
                "The variance of your images is not 1. By what do you divide?",
                "/ deviation → / deviation**2",
            ),
            "no-floor-for-the-deviation": (
                "A faint image comes out with full contrast. What is the least that this standardisation divides by?",
                "1 / np.sqrt(image.size) → 1e-8",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------- exponential_moving_average
def smoothed(values, weight):
    m, out = 0.0, []
    for t, value in enumerate(values, start=1):
        m = weight * m + (1 - weight) * value
        out.append(m / (1 - weight**t))
    return np.array(out)


def window_mean(values, weight):
    """The plain mean of all values so far."""
    return np.cumsum(values) / np.arange(1, len(values) + 1)


RAMP, SPIKE = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 0.0, 8.0, 0.0, 0.0])

exponential_moving_average = Exercise(
    reference.exponential_moving_average,
    points=2,
    groups=(
        visible(
            "worked numbers",
            case("1, 2, 3, 4 with weight ½", RAMP, 0.5),
            case("a spike, TensorBoard's 0.6", SPIKE, 0.6),
            case("a steep start, weight 0.9", np.array([10.0, 5.0, 4.0]), 0.9),
        ),
        visible(
            "simple curves",
            case("weight 0 changes nothing", np.array([3.0, -1.0, 2.0]), 0.0),
            case("a constant stays", np.full(4, 7.0), 0.8),
            case("a single value stays", np.array([-2.5]), 0.9),
        ),
        hidden(
            "other curves",
            lambda rng: [
                case("noise", rng.normal(0, 1, int(rng.integers(20, 60))), float(rng.uniform(0.3, 0.95))),
                case("whole numbers", rng.integers(-9, 10, 12), 0.7).as_floats(),
                case("a falling loss", 2.3 * np.exp(-np.arange(80) / 20) + 0.1 * rng.uniform(0, 1, 80), 0.97),
                case("large values", 1e12 * rng.normal(1, 1, 15), 0.5),
                case("by name", weight=0.25, values=rng.normal(0, 1, 6)),
            ],
        ),
        hidden(
            "extreme weights",
            lambda rng: [
                case("weight 0", rng.normal(0, 1, 9), 0.0),
                case("weight 0.99", rng.normal(5, 1, 40), 0.99),
                case("weight 0.999, long", rng.normal(-3, 1, 300), 0.999),
            ],
        ),
    ),
    misconceptions=misconceptions(
        smoothed,
        {
            "no-bias-correction": (
                "Your curve starts near 0, because the average starts there. By what share is it too small "
                "after t values?",
                "m / (1 - weight**t) → m",
            ),
            "started-at-first-value": (
                "Your average starts at the first value, which then counts for far too much. Start at 0 and correct.",
                "m, out = 0.0 → m, out = values[0]",
                "m / (1 - weight**t) → m",
            ),
            "weights-swapped": (
                "With weight 0 the curve should be the values themselves. Which of the two does the weight belong to?",
                "m, out = → weight = 1 - weight\nm, out =",
            ),
            "counted-from-zero": (
                "Your first value is 0/0. After the first value, how many have been averaged?",
                "weight**t → weight ** (t - 1)",
            ),
            "corrected-value-kept": (
                "You go on from the corrected average, and so correct again what was corrected. Which of the "
                "two is kept?",
                "out.append(m / (1 - weight**t)) → m = m / (1 - weight**t)\nout.append(m)",
            ),
            "same-correction-throughout": (
                "Your correction suits the first value. The more values, the less there is to correct.",
                "weight**t → weight",
            ),
            "mean-of-all": ("You take the mean of all values so far. Older values should count less.", window_mean),
        },
    ),
)

EXERCISES = (wide_resnet_plan, residual_forward, augment_batch, exponential_moving_average)
