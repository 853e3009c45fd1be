"""What right answers in chapter ``convolution`` are."""

import numpy as np

from solutions import convolution as reference

from ..judging.vocabulary import Exercise, Misconception, case, hidden, misconceptions, probe, raised, visible

SLIDE_IMAGE = np.array(
    [[1.0, 2, 3, -2, 5], [5, 6, 7, 3, 2], [4, 3, 2, 5, 1], [0, 2, 3, 4, 3], [1, -1, -2, 3, 2]]
)  # fmt: skip
SLIDE_FILTER = np.array([[1.0, 2, 1], [0, 1, 2], [-1, 2, 3]])


# -------------------------------------------------------------------------------- what the exercises share
def counting(*shape):
    """The numbers 1, 2, 3, … in this shape: each pixel can be told from every other."""
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape)


def waves(*shape):
    """Multiples of 1/2 between −3 and 3 without a pattern that a shift or a flip would repeat."""
    k = np.arange(np.prod(shape))
    return (((k * k * 7 + k * 3) % 13) - 6.0).reshape(shape) / 2


def windows(x, h, w, stride):
    """Every window: (N, C, H', W', h, w)."""
    return np.lib.stride_tricks.sliding_window_view(x, (h, w), axis=(2, 3))[:, :, ::stride, ::stride]


# ------------------------------------------------------------------------------------------ conv_output_size
def output_size(n, f, stride=1, padding=0):
    if f > n + 2 * padding:
        raise ValueError("the filter does not fit")
    return (n - f + 2 * padding) // stride + 1


def output_size_raises(student, n, f, stride, padding):
    """The name of the error that a filter which does not fit raises."""
    return raised(student.conv_output_size, n, f, stride, padding)


def random_sizes(rng):
    n, f = int(rng.integers(8, 200)), int(rng.integers(1, 9))
    return n, f, int(rng.integers(1, 5)), int(rng.integers(0, 5))


conv_output_size = Exercise(
    reference.conv_output_size,
    points=1,
    groups=(
        visible(
            "the slides' numbers",
            case("32 pixels, filter 5", 32, 5),
            case("7 pixels, filter 3, stride 2", 7, 3, 2),
            case("32 pixels, filter 5, padding 2", 32, 5, 1, 2),
        ),
        visible(
            "uneven fit",
            case("8 pixels, filter 3, stride 2", 8, 3, 2),
            case("28 pixels, filter 5, stride 3, padding 1", 28, 5, 3, 1),
        ),
        visible(
            "fit at all",
            case("as large as the image", 5, 5),
            probe("larger than the image", output_size_raises, 4, 5, 1, 0),
            case("larger than the image, not than the padded one", 4, 5, 1, 1),
        ),
        hidden(
            "other sizes",
            lambda rng: (
                [case(f"sizes {k + 1}", *random_sizes(rng)) for k in range(6)]
                + [
                    case("defaults left out", int(rng.integers(10, 90)), 3),
                    case("by name", int(rng.integers(10, 90)), 3, padding=1, stride=int(rng.integers(2, 4))),
                ]
            ),
        ),
        hidden(
            "too large a filter",
            lambda rng: [
                probe("by one pixel, though padded", output_size_raises, 5, 10, int(rng.integers(1, 4)), 2),
                probe("by far", output_size_raises, 3, int(rng.integers(20, 40)), 2, 1),
            ],
        ),
    ),
    misconceptions=misconceptions(
        output_size,
        {
            "plus-one-forgotten": (
                "A filter as large as the image fits in one place, and you count none. Count the places, not the "
                "steps.",
                "// stride + 1 → // stride",
            ),
            "padded-on-one-side": (
                "Your padded image is too small. How many borders of zeros does an axis have?",
                "(n - f + 2 * padding) → (n - f + padding)",
            ),
            "plus-one-divided": (
                "Look at a stride of 2. The first place costs no step: is it counted before or after dividing by the "
                "stride?",
                "(n - f + 2 * padding) // stride + 1 → (n - f + 2 * padding + 1) // stride",
            ),
            "rounded-up": (
                "You count a place where the filter hangs over the edge. What happens to an uneven fit?",
                "(n - f + 2 * padding) // stride → -(-(n - f + 2 * padding) // stride)",
            ),
            "not-rounded": (
                "A filter cannot stand in a fraction of a place. What happens to an uneven fit?",
                "// stride → / stride",
            ),
            "too-large-accepted": (
                "Your sizes are right where the filter fits. Where it does not, an error is asked for, not a number.",
                "f > n + 2 * padding → False",
            ),
        },
    ),
)

# -------------------------------------------------------------------------------------- conv_parameter_count
conv_parameter_count = Exercise(
    reference.conv_parameter_count,
    points=1,
    groups=(
        visible(
            "the slides' layers",
            case("4 filters of 5 × 5 on 3 channels", 5, 3, 4),
            case("6 filters of 5 × 5 on 4 channels", 5, 4, 6),
        ),
        visible("small layers", case("one filter of 3 × 3 on one channel", 3, 1, 1), case("1 × 1 filters", 1, 8, 2)),
        hidden(
            "other layers",
            lambda rng: [
                case(f"layer {k + 1}", int(rng.integers(2, 12)), int(rng.integers(2, 200)), int(rng.integers(2, 300)))
                for k in range(5)
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "slip-504",
            "You get the slide's 504, which is a slip: the depth of a filter is not its width. How many channels does "
            "the image have?",
            lambda filter_size, in_channels, out_channels: (filter_size**3 + 1) * out_channels,
        ),
        Misconception(
            "bias-forgotten",
            "You count the weights. Each filter has one more number.",
            lambda filter_size, in_channels, out_channels: filter_size**2 * in_channels * out_channels,
        ),
        Misconception(
            "one-bias-in-all",
            "You count a single bias for the layer. Does every filter have to share it?",
            lambda filter_size, in_channels, out_channels: filter_size**2 * in_channels * out_channels + 1,
        ),
        Misconception(
            "channels-forgotten",
            "Your filters are flat. A filter reaches through all channels of its input.",
            lambda filter_size, in_channels, out_channels: (filter_size**2 + 1) * out_channels,
        ),
        Misconception(
            "bias-per-channel",
            "You count a bias for each channel of a filter. The channels are added up first: how many biases are left?",
            lambda filter_size, in_channels, out_channels: (filter_size**2 + 1) * in_channels * out_channels,
        ),
        Misconception(
            "width-without-height",
            "A filter covers a square of pixels. You count a row of them.",
            lambda filter_size, in_channels, out_channels: (filter_size * in_channels + 1) * out_channels,
        ),
    ),
)

# --------------------------------------------------------------------------------------- dense_parameter_count
dense_parameter_count = Exercise(
    reference.dense_parameter_count,
    points=1,
    groups=(
        visible(
            "the book's layers",
            case("a 32 × 32 × 3 image to 28 × 28 × 4 maps", 3072, 3136),
            case("784 pixels to 10 classes", 784, 10),
        ),
        visible("small layers", case("2 inputs, 3 units", 2, 3), case("1 input, 1 unit", 1, 1)),
        hidden(
            "other layers",
            lambda rng: [
                case(f"layer {k + 1}", int(rng.integers(2, 5000)), int(rng.integers(2, 5000))) for k in range(5)
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "bias-forgotten",
            "You count the weights. Each unit has one more number.",
            lambda n_in, n_out: n_in * n_out,
        ),
        Misconception(
            "one-bias-in-all",
            "You count a single bias for the layer. How many units are there?",
            lambda n_in, n_out: n_in * n_out + 1,
        ),
        Misconception(
            "bias-per-input",
            "You count a bias for each input. Who has a bias, the inputs or the units?",
            lambda n_in, n_out: n_in * (n_out + 1),
        ),
        Misconception(
            "connections-only-once",
            "You give each input one weight. Every unit weighs every input in its own way.",
            lambda n_in, n_out: n_in + n_out,
        ),
    ),
)


# -------------------------------------------------------------------------------------------------- zero_pad
def padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


zero_pad = Exercise(
    reference.zero_pad,
    points=1,
    groups=(
        visible(
            "one image",
            case("2 × 2 pixels, padding 1", counting(1, 1, 2, 2), 1),
            case("2 × 3 pixels, padding 2", counting(1, 1, 2, 3), 2),
        ),
        visible("a batch", case("2 images, 3 channels", counting(2, 3, 2, 2), 1)),
        visible("no padding", case("padding 0", counting(1, 2, 2, 2), 0)),
        hidden(
            "other images",
            lambda rng: [
                case("random images", rng.normal(0, 1, (2, 3, int(rng.integers(2, 6)), int(rng.integers(2, 6)))), 2),
                case("whole numbers", rng.integers(-9, 9, (3, 1, 4, 2)), int(rng.integers(1, 4))).as_floats(),
                case("a wide border", rng.normal(0, 1, (1, 2, 2, 3)), 7),
                case("no padding", rng.normal(0, 1, (2, 2, 3, 4)), 0),
            ],
        ),
    ),
    misconceptions=misconceptions(
        padded,
        {
            "every-axis-padded": (
                "Look at your result's shape: there are new images and new channels. Which axes are rows and columns?",
                "((0, 0), (0, 0), (padding, padding), (padding, padding)) → padding",
            ),
            "one-side-padded": (
                "Your zeros are at the bottom and at the right only. The image should be in the middle.",
                "(padding, padding), (padding, padding) → (0, padding), (0, padding)",
            ),
            "edge-repeated": (
                "Your border repeats the outermost pixels. Zeros are asked for.",
                "(padding, padding))) → (padding, padding)), mode='edge')",
            ),
            "first-axes-padded": (
                "You pad the first two axes, images and channels. Height and width come last.",
                "((0, 0), (0, 0), (padding, padding), (padding, padding)) "
                "→ ((padding, padding), (padding, padding), (0, 0), (0, 0))",
            ),
            "width-only": (
                "Your border is at the left and at the right. It goes round the image.",
                "(padding, padding), (padding, padding) → (0, 0), (padding, padding)",
            ),
        },
    ),
)


# ----------------------------------------------------------------------------------------------- correlate2d
def correlated(image, kernel):
    h, w = kernel.shape
    rows, columns = image.shape[0] - h + 1, image.shape[1] - w + 1
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[i, j] = np.sum(image[i : i + h, j : j + w] * kernel)
    return out


correlate2d = Exercise(
    reference.correlate2d,
    points=2,
    groups=(
        visible(
            "the slides' image",
            case("5 × 5 image, 3 × 3 filter", SLIDE_IMAGE, SLIDE_FILTER),
            case("its first window alone", SLIDE_IMAGE[:3, :3], SLIDE_FILTER),
        ),
        visible(
            "other filters",
            case("a single bright pixel", np.eye(5)[[2]].T * np.eye(5)[2], counting(3, 3)),
            case("a filter of 2 × 1", counting(3, 4), np.array([[-1.0], [1.0]])),
            case("a filter of 1 × 3", counting(3, 4), np.array([[1.0, 0.0, -2.0]])),
        ),
        hidden(
            "random images",
            lambda rng: [
                case("a square image", rng.normal(0, 1, (8, 8)), rng.normal(0, 1, (3, 3))),
                case("a wide image", rng.normal(0, 1, (4, 9)), rng.normal(0, 1, (2, 4))),
                case("whole numbers", rng.integers(-9, 9, (6, 5)), rng.integers(-3, 4, (3, 2))).as_floats(),
                case("large numbers", 1e12 * rng.normal(0, 1, (5, 5)), rng.normal(0, 1, (3, 3))),
            ],
        ),
        hidden(
            "extreme sizes",
            lambda rng: [
                case("a filter of one pixel", rng.normal(0, 1, (4, 3)), rng.normal(0, 1, (1, 1))),
                case("a filter as large as the image", rng.normal(0, 1, (4, 3)), rng.normal(0, 1, (4, 3))),
                case("an image of one pixel", rng.normal(0, 1, (1, 1)), rng.normal(0, 1, (1, 1))),
            ],
        ),
    ),
    misconceptions=misconceptions(
        correlated,
        {
            "kernel-flipped": (
                "You turn the filter by 180° first. That is convolution in the strict sense; here the filter lies on "
                "the image as it is.",
                "* kernel) → * kernel[::-1, ::-1])",
            ),
            "output-of-input-size": (
                "Your output is as large as the image: the filter hangs over the edge. There is no padding here.",
                "rows, columns = → image = np.pad(image, (((h - 1) // 2, h // 2), ((w - 1) // 2, w // 2)))\n"
                "rows, columns =",
            ),
            "last-place-missed": (
                "Your output lacks its last row and column. In how many places does the filter fit?",
                "image.shape[0] - h + 1, image.shape[1] - w + 1 → image.shape[0] - h, image.shape[1] - w",
            ),
            "height-for-width": (
                "Your output is right for square images and filters only. Which of the two sizes belongs to the "
                "columns?",
                "image.shape[1] - w + 1 → image.shape[0] - h + 1",
            ),
            "mean-for-sum": (
                "Your values are too small by the number of pixels under the filter: the products are added up, no "
                "more.",
                "np.sum → np.mean",
            ),
            "sums-before-products": (
                "You add up the pixels and the weights apart. Multiply each pixel by the weight that lies on it first.",
                "j : j + w] * kernel) → j : j + w]) * np.sum(kernel)",
            ),
        },
    ),
)


# ---------------------------------------------------------------------------------------------------- im2col
def columns(x, filter_h, filter_w, stride=1, padding=0):
    found = windows(padded(x, padding), filter_h, filter_w, stride)  # (N, C, H', W', h, w)
    rows = found.transpose(0, 2, 3, 1, 4, 5)
    return rows.reshape(int(np.prod(rows.shape[:3])), -1)


im2col = Exercise(
    reference.im2col,
    points=2,
    groups=(
        visible(
            "one image",
            case("3 × 3 pixels, filter 2 × 2", counting(1, 1, 3, 3), 2, 2),
            case("3 × 4 pixels, filter 2 × 3", counting(1, 1, 3, 4), 2, 3),
        ),
        visible(
            "images and channels",
            case("2 channels, filter 2 × 2", counting(1, 2, 3, 3), 2, 2),
            case("2 images of 2 channels", counting(2, 2, 2, 3), 2, 2),
        ),
        visible(
            "stride and padding",
            case("stride 2", counting(1, 1, 5, 5), 3, 3, 2),
            case("padding 1", counting(1, 1, 2, 2), 2, 2, 1, 1),
            case("stride 2, uneven fit, padding 1", counting(1, 2, 3, 4), 2, 2, 2, 1),
        ),
        hidden(
            "random images",
            lambda rng: [
                case("a batch", rng.normal(0, 1, (3, 2, 5, 4)), 3, 2),
                case("whole numbers", rng.integers(-9, 9, (2, 3, 4, 5)), 2, 3, stride=2).as_floats(),
                case("defaults given", rng.normal(0, 1, (2, 2, 4, 4)), 3, 3, 1, 0),
                case("stride and padding", rng.normal(0, 1, (2, 3, int(rng.integers(5, 8)), 6)), 3, 2, 3, 2),
            ],
        ),
        hidden(
            "extreme sizes",
            lambda rng: [
                case("one pixel a window", rng.normal(0, 1, (2, 3, 2, 3)), 1, 1),
                case("one window an image", rng.normal(0, 1, (3, 2, 3, 4)), 3, 4),
            ],
        ),
    ),
    misconceptions=misconceptions(
        columns,
        {
            "windows-as-columns": ("Your array is transposed: each window should be a row.", "-1) → -1).T"),
            "channels-last": (
                "Within a row your channels take turns at every pixel. All of the first channel comes first.",
                "(0, 2, 3, 1, 4, 5) → (0, 2, 3, 4, 5, 1)",
            ),
            "window-transposed": (
                "Within a row you read the window column by column. Read it row by row.",
                "(0, 2, 3, 1, 4, 5) → (0, 2, 3, 1, 5, 4)",
            ),
            "places-down-first": (
                "Your windows are right and their order is not: the filter goes to the right first, then down.",
                "(0, 2, 3, 1, 4, 5) → (0, 3, 2, 1, 4, 5)",
            ),
            "images-last": (
                "Your images take turns. All windows of the first image come first.",
                "(0, 2, 3, 1, 4, 5) → (2, 3, 0, 1, 4, 5)",
            ),
            "stride-ignored": (
                "Your filter moves by one pixel, whatever the stride.",
                "filter_h, filter_w, stride) → filter_h, filter_w, 1)",
            ),
            "padding-ignored": ("The border of zeros is missing.", "padded(x, padding) → x"),
        },
    ),
)


# -------------------------------------------------------------------------------------------- conv2d_forward
def conv_output(student, x, w, b, *settings, **named):
    """The output of the student's layer, without the cache."""
    out, cache = student.conv2d_forward(x, w, b, *settings, **named)
    return out


def conv(x, w, b, stride=1, padding=0):
    x = padded(x, padding)
    h, v = w.shape[2:]
    rows, columns = (x.shape[2] - h) // stride + 1, (x.shape[3] - v) // stride + 1
    out = np.zeros((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride : i * stride + h, j * stride : j * stride + v]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, None


def random_layer(rng, label, n, c, f, image, window, *settings, whole=False, **named):
    """A layer with random parameters on random images."""
    shapes = (n, c, *image), (f, c, *window), (f,)
    if whole:
        return probe(label, conv_output, *[rng.integers(-4, 5, shape) for shape in shapes], *settings, **named)
    return probe(label, conv_output, *[rng.normal(0, 1, shape) for shape in shapes], *settings, **named)


conv2d_forward = Exercise(
    reference.conv2d_forward,
    points=3,
    returns=("out", "cache"),
    groups=(
        visible(
            "one filter",
            probe(
                "the slides' image and filter, bias 0",
                conv_output,
                SLIDE_IMAGE[None, None],
                SLIDE_FILTER[None, None],
                np.zeros(1),
            ),
            probe("3 channels, bias 10", conv_output, waves(1, 3, 3, 3), waves(1, 3, 2, 2), np.array([10.0])),
        ),
        visible(
            "several filters and images",
            probe(
                "2 images, 3 filters, 2 channels",
                conv_output,
                waves(2, 2, 3, 4),
                waves(3, 2, 2, 2),
                np.array([1.0, 2, 3]),
            ),
        ),
        visible(
            "stride and padding",
            probe("stride 2", conv_output, waves(1, 1, 5, 5), waves(2, 1, 3, 3), np.array([0.5, -0.5]), 2),
            probe("stride 2, uneven fit", conv_output, waves(1, 1, 6, 4), waves(1, 1, 3, 3), np.array([1.0]), 2),
            probe("padding 1", conv_output, waves(1, 2, 3, 3), waves(2, 2, 3, 3), np.array([0.5, -0.5]), 1, 1),
        ),
        hidden(
            "other layers",
            lambda rng: [
                random_layer(rng, "a small layer", 2, 3, 4, (6, 5), (3, 3)),
                random_layer(rng, "a filter wider than high", 2, 2, 3, (4, 7), (2, 4)),
                random_layer(rng, "whole numbers", 2, 2, 2, (5, 5), (3, 2), whole=True).as_floats(),
                random_layer(rng, "defaults given", 1, 2, 2, (4, 4), (3, 3), 1, 0),
            ],
        ),
        hidden(
            "other strides and paddings",
            lambda rng: [
                random_layer(rng, "stride 3, padding 2", 2, 2, 3, (int(rng.integers(5, 9)), 6), (3, 3), 3, 2),
                random_layer(rng, "an uneven fit in both axes", 2, 2, 3, (7, 6), (2, 3), 2),
                random_layer(rng, "padding by name", 1, 2, 2, (4, 4), (3, 3), padding=1),
                random_layer(rng, "stride by name", 1, 2, 2, (5, 6), (2, 2), stride=2),
                random_layer(rng, "stride larger than the filter", 1, 1, 2, (7, 7), (2, 2), 3),
            ],
        ),
        hidden(
            "extreme sizes",
            lambda rng: [
                random_layer(rng, "1 × 1 filters", 2, 3, 2, (3, 4), (1, 1)),
                random_layer(rng, "a filter as large as the image", 3, 2, 4, (3, 4), (3, 4)),
                random_layer(rng, "a filter larger than the image, padded", 1, 1, 2, (2, 2), (4, 4), 1, 1),
            ],
        ),
    ),
    misconceptions=misconceptions(
        conv,
        {
            "bias-forgotten": ("Your maps lack their bias.", "[1, 2, 3])) + b → [1, 2, 3]))"),
            "bias-per-channel": (
                "Your bias is there once for each channel. Add it after the channels are summed.",
                "[1, 2, 3])) + b → [1, 2, 3])) + b * x.shape[1]",
            ),
            "kernel-flipped": (
                "You turn the filters by 180°. A convolutional layer lays them on the image as they are.",
                "tensordot(window, w → tensordot(window, w[:, :, ::-1, ::-1]",
            ),
            "first-channel-only": (
                "Your filter sees the first channel and no other. It reaches through all of them.",
                "tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) "
                "→ tensordot(window[:, 0], w[:, 0], axes=([1, 2], [1, 2]))",
            ),
            "reshaped-for-transposed": (
                "Your numbers are right and in the wrong places. After the product the filters are the last axis: "
                "reshape does not move axes.",
                "return out, → return out.transpose(0, 2, 3, 1).reshape(out.shape),",
            ),
            "filters-last": (
                "Your maps are the last axis. The order is images, maps, height, width.",
                "return out, → return out.transpose(0, 2, 3, 1),",
            ),
            "stride-ignored": (
                "Your filter moves by one pixel, whatever the stride.",
                "x = padded → stride = 1\nx = padded",
            ),
            "padding-ignored": ("The border of zeros is missing.", "padded(x, padding) → x"),
            "padding-always-one": (
                "Your border is always one pixel wide. Which argument says how wide it is?",
                "padded(x, padding) → padded(x, 1)",
            ),
            "height-for-width": (
                "Your maps are right for square images and filters only. Which of the two sizes belongs to the "
                "columns?",
                "(x.shape[3] - v) → (x.shape[2] - h)",
            ),
            "maps-of-channels": (
                "Your out has as many maps as x has channels. Each filter makes one map: how many filters are there?",
                "len(w), rows → x.shape[1], rows",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------- conv2d_backward
def conv_gradients(student, x, w, b, dout, *settings):
    """dx, dw, db of the student's layer, from the cache of the student's own forward."""
    out, cache = student.conv2d_forward(x, w, b, *settings)
    dx, dw, db = student.conv2d_backward(dout, cache)
    return {"dx": dx, "dw": dw, "db": db}


def conv_back(dout, cache):
    x, w, stride, padding = cache
    images = padded(x, padding)
    dimages, dw = np.zeros_like(images), np.zeros_like(w)
    (h, v), (height, width) = w.shape[2:], x.shape[2:]
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            top, left = i * stride, j * stride
            dw += np.tensordot(dout[:, :, i, j], images[:, :, top : top + h, left : left + v], axes=(0, 0))
            dimages[:, :, top : top + h, left : left + v] += np.tensordot(dout[:, :, i, j], w, axes=1)
    dx = dimages[:, :, padding : padding + height, padding : padding + width]
    return dx, dw, dout.sum(axis=(0, 2, 3))


def layer_gradients(label, draw, n, c, f, image, window, stride=1, padding=0):
    """A layer, its images and its dout, all from ``draw(*shape)``."""
    h, w = (reference.conv_output_size(m, k, stride, padding) for m, k in zip(image, window))
    return probe(
        label,
        conv_gradients,
        draw(n, c, *image),
        draw(f, c, *window),
        draw(f),
        draw(n, f, h, w)[:, ::-1].copy(),
        stride,
        padding,
    )


def normal(rng):
    return lambda *shape: rng.normal(0, 1, shape)


conv2d_backward = Exercise(
    reference.conv2d_backward,
    points=3,
    returns=("dx", "dw", "db"),
    uses=("conv2d_forward",),
    groups=(
        visible(
            "one filter",
            probe(
                "the slides' image and filter, dout all ones",
                conv_gradients,
                SLIDE_IMAGE[None, None],
                SLIDE_FILTER[None, None],
                np.zeros(1),
                np.ones((1, 1, 3, 3)),
            ),
            layer_gradients("3 channels", waves, 1, 3, 1, (3, 4), (2, 2)),
        ),
        visible("several filters and images", layer_gradients("2 images, 3 filters", waves, 2, 2, 3, (4, 3), (2, 2))),
        visible(
            "stride and padding",
            layer_gradients("stride 2, uneven fit", waves, 1, 1, 2, (6, 5), (3, 3), 2),
            layer_gradients("padding 1", waves, 2, 2, 2, (3, 3), (3, 3), 1, 1),
        ),
        hidden(
            "other layers",
            lambda rng: [
                layer_gradients("a small layer", normal(rng), 2, 3, 4, (6, 5), (3, 3)),
                layer_gradients("a filter wider than high", normal(rng), 2, 2, 3, (4, 7), (2, 4)),
                layer_gradients(
                    "whole numbers", lambda *shape: rng.integers(-4, 5, shape), 2, 2, 3, (5, 5), (3, 2)
                ).as_floats(),
            ],
        ),
        hidden(
            "other strides and paddings",
            lambda rng: [
                layer_gradients(
                    "stride 2, padding 1", normal(rng), 2, 2, 3, (int(rng.integers(5, 9)), 6), (3, 3), 2, 1
                ),
                layer_gradients("stride larger than the filter", normal(rng), 2, 1, 2, (7, 8), (2, 2), 3),
                layer_gradients("padding 2", normal(rng), 1, 2, 2, (4, 4), (5, 5), 1, 2),
            ],
        ),
        hidden(
            "extreme sizes",
            lambda rng: [
                layer_gradients("1 × 1 filters", normal(rng), 2, 3, 2, (3, 4), (1, 1)),
                layer_gradients("a filter as large as the image", normal(rng), 3, 2, 4, (3, 4), (3, 4)),
                probe(
                    "no gradient",
                    conv_gradients,
                    rng.normal(0, 1, (2, 1, 4, 4)),
                    rng.normal(0, 1, (2, 1, 3, 3)),
                    rng.normal(0, 1, 2),
                    np.zeros((2, 2, 2, 2)),
                ),
            ],
        ),
    ),
    misconceptions=misconceptions(
        conv_back,
        {
            "dx-of-flipped-filter": (
                "Your dw and db are right. In dx each pixel should get the weight that lay on it, and your filter lies "
                "there turned by 180°.",
                "w, axes=1 → w[:, :, ::-1, ::-1], axes=1",
            ),
            "windows-overwrite": (
                "A pixel is under the filter in several places. What should become of what the earlier places gave it?",
                "left : left + v] += → left : left + v] =",
            ),
            "dw-of-the-last-place": (
                "Your dw knows of the last place only. The filter lay on many places, and each has its share.",
                "dw += → dw =",
            ),
            "border-not-removed": (
                "Your dx is the gradient of the padded images. The border was not part of x.",
                "dimages[:, :, padding : padding + height, padding : padding + width] → dimages",
            ),
            "border-cut-by-a-negative-index": (
                "With padding your dx is right, and without it is empty: a slice from 0 to −0 holds nothing.",
                "padding : padding + height, padding : padding + width → padding:-padding, padding:-padding",
            ),
            "stride-ignored": (
                "With a stride of 1 you are right. Where in the image does the window of out[i, j] begin?",
                "i * stride, j * stride → i, j",
            ),
            "db-averaged": (
                "Your db is a mean. The bias was added at every place of every image: its gradients add up.",
                "dout.sum(axis=(0, 2, 3)) → dout.mean(axis=(0, 2, 3))",
            ),
            "dw-averaged": (
                "Your dw is a mean over the images. A mean belongs to the loss, and dout has it already.",
                "return dx, dw, → return dx, dw / len(x),",
            ),
            "db-per-place": (
                "Your db has a number for each place. One bias serves all places of its map.",
                "dout.sum(axis=(0, 2, 3)) → dout.sum(axis=0)",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------ max_pool_forward
def max_pooled(student, x, size, stride):
    """The output of the student's pooling, without the cache."""
    out, cache = student.max_pool_forward(x, size, stride)
    return out


def pooled(x, size, stride):
    rows, columns = (x.shape[2] - size) // stride + 1, (x.shape[3] - size) // stride + 1
    out = np.zeros((*x.shape[:2], rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, None


INCOMPLETE = (
    "(x.shape[2] - size) // stride → -(-(x.shape[2] - size) // stride)",
    "(x.shape[3] - size) // stride → -(-(x.shape[3] - size) // stride)",
)
POOL_EXAMPLE = np.array([[[[1.0, 3, 2, 9], [7, 4, 1, 5], [-6, -2, 8, 0], [-4, -8, 6, 3]]]])

max_pool_forward = Exercise(
    reference.max_pool_forward,
    points=2,
    returns=("out", "cache"),
    groups=(
        visible(
            "windows side by side",
            probe("4 × 4 pixels, size 2, stride 2", max_pooled, POOL_EXAMPLE, 2, 2),
            probe("2 images of 2 channels", max_pooled, waves(2, 2, 4, 6), 2, 2),
        ),
        visible(
            "windows that overlap or do not fit",
            probe("size 2, stride 1", max_pooled, POOL_EXAMPLE, 2, 1),
            probe("size 2, stride 2, 5 × 5 pixels", max_pooled, waves(1, 1, 5, 5), 2, 2),
        ),
        hidden(
            "random images",
            lambda rng: [
                probe("a batch", max_pooled, rng.normal(0, 1, (3, 2, 6, 4)), 2, 2),
                probe("size 3, stride 2", max_pooled, rng.normal(0, 1, (2, 3, int(rng.integers(5, 9)), 7)), 3, 2),
                probe("gaps between windows", max_pooled, rng.normal(0, 1, (2, 2, 8, 8)), 2, 3),
                probe("whole numbers", max_pooled, rng.integers(-99, 99, (2, 2, 5, 6)), 2, 2).as_floats(),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                probe("all negative", max_pooled, -1 - rng.random((2, 2, 4, 4)), 2, 2),
                probe("size 1", max_pooled, rng.normal(0, 1, (1, 2, 3, 3)), 1, 1),
                probe("one window", max_pooled, rng.normal(0, 1, (2, 1, 3, 3)), 3, 3),
                probe("huge and tiny", max_pooled, rng.choice([-1e30, 1e-30, 1e30], (1, 2, 4, 4)), 2, 2),
            ],
        ),
    ),
    misconceptions=misconceptions(
        pooled,
        {
            "mean-for-max": (
                "Your windows give their mean. Max pooling keeps one pixel of each and forgets the others.",
                "window.max → window.mean",
            ),
            "starts-from-zero": (
                "Where all pixels of a window are negative you give 0, which is none of them. Where does your maximum "
                "start?",
                "window.max(axis=(2, 3)) → np.maximum(window.max(axis=(2, 3)), 0.0)",
            ),
            "largest-in-size": (
                "You keep the pixel farthest from zero. The largest one is asked for.",
                "window.max → np.abs(window).max",
            ),
            "stride-ignored": (
                "Your windows lie side by side, whatever the stride.",
                "rows, columns = → stride = size\nrows, columns =",
            ),
            "size-ignored": (
                "Your windows are as large as the stride. How large they are is an argument of its own.",
                "rows, columns = → size = stride\nrows, columns =",
            ),
            "incomplete-windows-kept": (
                "Your last windows hang over the edge. With an uneven fit the last rows and columns are left out.",
                *INCOMPLETE,
            ),
            "height-for-width": (
                "Your out is right for square images only. Which of the two sizes belongs to the columns?",
                "(x.shape[3] - size) → (x.shape[2] - size)",
            ),
            "channels-mixed": (
                "Your maximum is over the channels too. Each channel is pooled on its own.",
                "window.max(axis=(2, 3)) → window.max(axis=(1, 2, 3))[:, None]",
            ),
        },
    ),
)


# ----------------------------------------------------------------------------------------- max_pool_backward
def max_pool_gradient(student, x, size, stride, dout):
    """dx of the student's pooling, from the cache of the student's own forward."""
    out, cache = student.max_pool_forward(x, size, stride)
    return student.max_pool_backward(dout, cache)


def spread(dout, cache):
    x, places, winner = cache
    size, stride = round(len(places) ** 0.5), places[0][-1].step
    numbers, dx = np.arange(size * size).reshape(size, size), np.zeros(x.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = np.s_[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
            first, part = winner[:, :, i, j, None, None] == numbers, dout[:, :, i, j, None, None]
            dx[at] += first * part
    return dx


TIES = np.array([[[[0.0, 0, 3, 1], [0, 0, 2, 3]]]])


def distinct(rng, *shape):
    """Images without two equal pixels, multiples of 1/4."""
    return rng.permutation(np.arange(int(np.prod(shape))) / 4 - 5.0).reshape(shape)


def pool_gradient(rng, label, shape, size, stride, whole=False):
    h, w = (reference.conv_output_size(n, size, stride) for n in shape[2:])
    dout = rng.integers(-9, 10, (*shape[:2], h, w)) if whole else rng.normal(0, 1, (*shape[:2], h, w))
    images = (4 * distinct(rng, *shape)).astype(int) if whole else distinct(rng, *shape)
    return probe(label, max_pool_gradient, images, size, stride, dout)


max_pool_backward = Exercise(
    reference.max_pool_backward,
    points=2,
    uses=("max_pool_forward",),
    groups=(
        visible(
            "windows side by side",
            probe("4 × 4 pixels", max_pool_gradient, POOL_EXAMPLE, 2, 2, np.array([[[[1.0, 2], [3, -4]]]])),
            probe(
                "2 channels, uneven fit",
                max_pool_gradient,
                np.stack([POOL_EXAMPLE[:, 0, :3], -POOL_EXAMPLE[:, 0, :3]], axis=1),
                2,
                2,
                np.array([[[[1.0, 2]], [[3, 4]]]]),
            ),
        ),
        visible(
            "windows that overlap",
            probe("size 2, stride 1", max_pool_gradient, POOL_EXAMPLE, 2, 1, counting(1, 1, 3, 3)),
        ),
        visible(
            "equal pixels: the first of a window gets it",
            probe("a window of zeros, one with two threes", max_pool_gradient, TIES, 2, 2, counting(1, 1, 1, 2)),
            weight=0.3,
        ),
        hidden(
            "random images",
            lambda rng: [
                pool_gradient(rng, "a batch", (2, 3, 6, 4), 2, 2),
                pool_gradient(rng, "whole numbers", (2, 2, 5, 7), 2, 2, whole=True).as_floats(),
                pool_gradient(rng, "gaps between windows", (1, 2, 8, 8), 2, 3),
                pool_gradient(rng, "one window", (2, 2, 3, 3), 3, 3),
            ],
        ),
        hidden(
            "random overlaps",
            lambda rng: [
                pool_gradient(rng, "size 3, stride 2", (2, 2, 7, 5), 3, 2),
                pool_gradient(rng, "size 3, stride 1", (1, 2, 6, 5), 3, 1),
                pool_gradient(rng, "size 1", (1, 2, 3, 3), 1, 1),
            ],
        ),
    ),
    misconceptions=misconceptions(
        spread,
        {
            "everyone-gets-all": (
                "All pixels of your window receive the gradient. Moving a smaller pixel a little does not change the "
                "maximum.",
                "first * part → part",
            ),
            "shared-evenly": (
                "You share the gradient among all pixels of a window. That belongs to average pooling.",
                "first * part → part / size**2",
            ),
            "first-pixel-gets-all": (
                "Your gradient goes to the top left pixel of each window. To which one does it belong?",
                "first * part → (numbers == 0) * part",
            ),
            "equal-pixels-all-get-it": (
                "Where several pixels of a window are the largest, each of yours gets the whole gradient. The stub "
                "says which one should.",
                "first * part → (x[at] == x[at].max(axis=(2, 3), keepdims=True)) * part",
            ),
            "equal-pixels-share-it": (
                "Where several pixels of a window are the largest, yours share the gradient. The stub says which one "
                "gets it.",
                "first * part → (largest / largest.sum(axis=(2, 3), keepdims=True)) * part",
                "dx[at] += → largest = x[at] == x[at].max(axis=(2, 3), keepdims=True)\ndx[at] +=",
            ),
            "overlaps-overwrite": (
                "A pixel can be the largest of several windows. What should become of the gradient it has already?",
                "dx[at] += first * part → dx[at] = np.where(first, part, dx[at])",
            ),
            "windows-overwrite": (
                "Each of your windows wipes out what its neighbors gave to the pixels that they share. What should "
                "become of the gradient that is there already?",
                "dx[at] += first * part → dx[at] = first * part",
            ),
            "mask-without-gradient": (
                "You mark the largest pixels with 1. How much of a change arrives at each of them?",
                "first * part → first",
            ),
        },
    ),
)


# -------------------------------------------------------------------------------------- average_pool_forward
def averaged(x, size, stride):
    rows, columns = (x.shape[2] - size) // stride + 1, (x.shape[3] - size) // stride + 1
    out = np.zeros((*x.shape[:2], rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
            out[:, :, i, j] = window.mean(axis=(2, 3))
    return out


average_pool_forward = Exercise(
    reference.average_pool_forward,
    points=1,
    groups=(
        visible(
            "windows side by side",
            case("4 × 4 pixels, size 2, stride 2", POOL_EXAMPLE, 2, 2),
            case("2 images of 2 channels", waves(2, 2, 4, 4), 2, 2),
        ),
        visible(
            "windows that overlap or do not fit",
            case("size 2, stride 1", POOL_EXAMPLE, 2, 1),
            case("size 3, stride 2, 6 × 6 pixels", waves(1, 1, 6, 6), 3, 2),
        ),
        hidden(
            "random images",
            lambda rng: [
                case("a batch", rng.normal(0, 1, (3, 2, 6, 4)), 2, 2),
                case("size 3, stride 2", rng.normal(0, 1, (2, 3, int(rng.integers(5, 9)), 7)), 3, 2),
                case("gaps between windows", rng.normal(0, 1, (2, 2, 8, 8)), 2, 3),
                case("whole numbers", rng.integers(-99, 99, (2, 2, 5, 6)), 2, 2).as_floats(),
                case("size 1", rng.normal(0, 1, (1, 2, 3, 3)), 1, 1),
                case("one window", rng.normal(0, 1, (2, 1, 3, 3)), 3, 3),
            ],
        ),
    ),
    misconceptions=misconceptions(
        averaged,
        {
            "max-for-mean": (
                "Your windows give their largest pixel. All pixels should count.",
                "window.mean → window.max",
            ),
            "sum-for-mean": (
                "Your values are too large by the number of pixels in a window.",
                "window.mean → window.sum",
            ),
            "divided-by-width": (
                "You divide by the width of a window. How many pixels does it have?",
                "window.mean(axis=(2, 3)) → window.sum(axis=(2, 3)) / size",
            ),
            "stride-ignored": (
                "Your windows lie side by side, whatever the stride.",
                "rows, columns = → stride = size\nrows, columns =",
            ),
            "incomplete-windows-kept": (
                "Your last windows hang over the edge. With an uneven fit the last rows and columns are left out.",
                *INCOMPLETE,
            ),
        },
    ),
)


# --------------------------------------------------------------------------------------- global_average_pool
def mapwise(x):
    return x.mean(axis=(2, 3))


global_average_pool = Exercise(
    reference.global_average_pool,
    points=1,
    groups=(
        visible(
            "one image",
            case("one channel", POOL_EXAMPLE),
            case("2 channels of 2 × 3 pixels", counting(1, 2, 2, 3)),
        ),
        visible("a batch", case("2 images of 3 channels", waves(2, 3, 2, 4))),
        hidden(
            "random images",
            lambda rng: [
                case("a batch", rng.normal(0, 1, (4, 3, int(rng.integers(2, 7)), 5))),
                case("whole numbers", rng.integers(-99, 99, (2, 3, 3, 2))).as_floats(),
                case("maps of one pixel", rng.normal(0, 1, (3, 4, 1, 1))),
            ],
        ),
    ),
    misconceptions=misconceptions(
        mapwise,
        {
            "max-for-mean": ("You keep the largest pixel of each map. Their mean is asked for.", "x.mean → x.max"),
            "sum-for-mean": ("Your values are too large by the number of pixels in a map.", "x.mean → x.sum"),
            "channels-averaged": (
                "You average over the channels and keep the pixels. It is the other way round.",
                "axis=(2, 3) → axis=1",
            ),
            "images-averaged": (
                "You average over the images of the batch too. Each image has its own result.",
                "axis=(2, 3) → axis=(0, 2, 3)",
            ),
            "axes-of-one-kept": (
                "Your means are right and have two axes of length 1 too many.",
                "axis=(2, 3) → axis=(2, 3), keepdims=True",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------- receptive_field
def field(layers):
    width, jump = 1, 1
    for size, stride in layers:
        width = width + (size - 1) * jump
        jump = jump * stride
    return width


def random_stack(rng, strides):
    return [(int(rng.integers(1, 8)), int(rng.choice(strides))) for _ in range(int(rng.integers(3, 7)))]


receptive_field = Exercise(
    reference.receptive_field,
    points=2,
    groups=(
        visible(
            "stride 1",
            case("no layer", []),
            case("one layer of 3 × 3", [(3, 1)]),
            case("three layers of 3 × 3", [(3, 1), (3, 1), (3, 1)]),
        ),
        visible(
            "with strides",
            case("3 × 3, pooling by 2, 3 × 3", [(3, 1), (2, 2), (3, 1)]),
            case("two layers of 3 × 3 with stride 2", [(3, 2), (3, 2)]),
            case("5 × 5 with stride 3, 2 × 2", [(5, 3), (2, 1)]),
        ),
        hidden(
            "other stacks",
            lambda rng: (
                [case(f"a stack with strides {k + 1}", random_stack(rng, (1, 2, 3))) for k in range(4)]
                + [
                    case("a stack without strides", random_stack(rng, (1,))),
                    case("1 × 1 filters with stride 2", [(1, 2)] * 3 + [(3, 1)]),
                    case("a deep stack", [(3, 1), (3, 1), (2, 2)] * 5),
                ]
            ),
        ),
    ),
    misconceptions=misconceptions(
        field,
        {
            "strides-ignored": (
                "Your stacks without strides are right. After a stride of 2, neighbours in a map are 2 input pixels "
                "apart.",
                "jump = jump * stride → pass",
            ),
            "own-stride-counted": (
                "A layer's own stride widens your field. It spreads only what the layers after it look at.",
                "jump = jump * stride → pass",
                "width = width → jump = jump * stride\nwidth = width",
            ),
            "filters-added-whole": (
                "One layer of 3 × 3 sees 3 pixels. The pixel that is there before is one of them.",
                "(size - 1) → size",
            ),
            "starts-from-zero": (
                "Without a layer an output is an input pixel: how many of them does it see?",
                "width, jump = 1, 1 → width, jump = 0, 1",
            ),
            "sizes-multiplied": (
                "You multiply the filters' sizes. Two layers of 3 × 3 see 5 pixels: draw them.",
                "width = width + (size - 1) * jump → width = width * size",
            ),
            "last-layer-first": (
                "You take the layers from the last to the first. The list begins at the input, and so do the strides.",
                "in layers → in layers[::-1]",
            ),
        },
    ),
)

EXERCISES = (
    conv_output_size,
    conv_parameter_count,
    dense_parameter_count,
    zero_pad,
    correlate2d,
    im2col,
    conv2d_forward,
    conv2d_backward,
    max_pool_forward,
    max_pool_backward,
    average_pool_forward,
    global_average_pool,
    receptive_field,
)
