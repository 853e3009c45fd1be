"""Chapter ``augmentation``: changed pictures and changed sounds that keep their meaning.

An image is (H, W, C) with values in [0, 1], x counts its columns to the right and y its rows down. A sound is a 1-D
array in [−1, 1].
"""

import numpy as np

from .validation import require_integer, require_range, require_shape

GRAY_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green, blue: how bright each looks


def _require_image(image, channels=None):
    return require_shape("image", image, (None, None, channels))


def _require_fit(image, size):
    """``size`` as an int; `ValueError` where a square of that side does not fit into the image."""
    return require_range("size", require_integer("size", size, 1), 1, min(image.shape[:2]))


def _require_interval(name, interval):
    """(low, high) of two positive numbers in this order; `ValueError` for others."""
    low, high = require_shape(name, interval, (2,)).tolist()
    require_range(f"{name}[0]", low, 0, high, low_open=True)
    return low, high


def _require_sound(signal):
    signal = require_shape("signal", signal, (None,))
    require_range("the number of samples of signal", signal.size, 1, None)
    return signal


def flip_left_right(image):
    """The image in a mirror: out[y, x] = image[y, W − 1 − x].

    image (H, W, C) → (H, W, C).
    """
    return _require_image(image)[:, ::-1].copy()


def flip_up_down(image):
    """The image upside down: out[y, x] = image[H − 1 − y, x].

    image (H, W, C) → (H, W, C).
    """
    return _require_image(image)[::-1].copy()


def random_crop(image, size, rng):
    """A random square window of the image, every position equally likely.

    top from 0, …, H − size and left from 0, …, W − size, both ends included.
    image (H, W, C), rng: a numpy.random.Generator → (size, size, C).
    Raises ValueError where the window does not fit into the image.
    """
    image = _require_image(image)
    size = _require_fit(image, size)
    top = rng.integers(image.shape[0] - size + 1)
    left = rng.integers(image.shape[1] - size + 1)
    return image[top : top + size, left : left + size].copy()


def pad_and_crop(image, padding, rng):
    """The image moved at random by up to ``padding`` pixels, with zeros where nothing is left.

    Zero-pad every side by ``padding``, then crop a random window of the original size, every position equally likely.
    image (H, W, C), rng: a numpy.random.Generator → (H, W, C).
    """
    image = _require_image(image)
    padding = require_integer("padding", padding, 0)
    height, width, _ = image.shape
    padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    top, left = rng.integers(2 * padding + 1, size=2)
    return padded[top : top + height, left : left + width].copy()


def random_resized_crop_box(height, width, area_range, aspect_range, rng):
    """A random box for a crop that will be resized, in the way of Inception.

    Area a·height·width with a uniform in area_range, aspect r = w/h log-uniform in aspect_range:
    w = √(area·r) and h = √(area/r), rounded. Where the box fits, every position is equally likely; after 10 boxes
    that don't, the largest centred box within aspect_range, whatever its area.
    area_range, aspect_range (low, high), rng: a numpy.random.Generator → (top, left, h, w), whole numbers.
    Source: Szegedy et al. (2015).
    """
    height, width = require_integer("height", height, 1), require_integer("width", width, 1)
    low, high = _require_interval("area_range", area_range)
    narrow, wide = _require_interval("aspect_range", aspect_range)
    for _ in range(10):
        area = height * width * rng.uniform(low, high)
        aspect = np.exp(rng.uniform(np.log(narrow), np.log(wide)))  # 1/r is then as likely as r
        h, w = round(np.sqrt(area / aspect)), round(np.sqrt(area * aspect))
        if 1 <= h <= height and 1 <= w <= width:
            return int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1)), h, w
    h = max(1, min(height, round(width / narrow)))
    w = max(1, min(width, round(height * wide)))
    return (height - h) // 2, (width - w) // 2, h, w


def resized_shape(height, width, short_side):
    """Height and width after resizing to a given short side with the aspect kept.

    The short side becomes short_side, the long one long·short_side/short, rounded → (h, w), whole numbers.
    """
    height, width = require_integer("height", height, 1), require_integer("width", width, 1)
    short_side = require_integer("short_side", short_side, 1)
    short = min(height, width)
    return round(height * short_side / short), round(width * short_side / short)


def ten_crop(image, size):
    """The four corners, the centre, and their left–right flips.

    The centre's corner is ((H − size)//2, (W − size)//2).
    image (H, W, C) → (10, size, size, C): top-left, top-right, bottom-left, bottom-right, centre, then their flips.
    Raises ValueError where the crops do not fit into the image.
    Source: Krizhevsky, Sutskever & Hinton (2012).
    """
    image = _require_image(image)
    size = _require_fit(image, size)
    bottom, right = image.shape[0] - size, image.shape[1] - size
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    crops = np.stack([image[top : top + size, left : left + size] for top, left in corners])
    return np.concatenate([crops, crops[:, :, ::-1]])


def tta_predict(predict, crops):
    """The mean of the predictions for several crops of one image, one crop a call.

    1/n Σᵢ predict(cropsᵢ)
    predict: a function of one crop (size, size, C); crops (n, size, size, C) → what predict gives, averaged.
    """
    return np.mean([predict(crop) for crop in crops], axis=0)


def adjust_brightness(image, delta):
    """The image with ``delta`` added, clipped to [0, 1].

    image (H, W, C) → (H, W, C).
    """
    return np.clip(_require_image(image) + delta, 0.0, 1.0)


def adjust_contrast(image, factor):
    """The image with every channel pulled away from its mean by ``factor``, clipped to [0, 1].

    (x − mean_c)·factor + mean_c
    image (H, W, C) → (H, W, C).
    """
    image = _require_image(image)
    mean = image.mean(axis=(0, 1))
    return np.clip((image - mean) * factor + mean, 0.0, 1.0)


def contrast_normalize(image, alphas):
    """The image with every channel pulled away from middle grey by its own factor, clipped to [0, 1].

    (x − 0.5)·alpha_c + 0.5
    image (H, W, C), alphas (C,) → (H, W, C).
    """
    image = _require_image(image)
    alphas = require_shape("alphas", alphas, image.shape[2:])
    return np.clip((image - 0.5) * alphas + 0.5, 0.0, 1.0)


def to_grayscale(image):
    """The image in grey: 0.299 R + 0.587 G + 0.114 B on all three channels.

    image (H, W, 3) → (H, W, 3).
    Source: ITU-R recommendation BT.601.
    """
    gray = _require_image(image, 3) @ GRAY_WEIGHTS  # (H, W)
    return np.repeat(gray[:, :, np.newaxis], 3, axis=2)


def adjust_saturation(image, factor):
    """The image with its colours pulled away from grey by ``factor``, clipped to [0, 1].

    gray + factor·(image − gray)
    image (H, W, 3) → (H, W, 3).
    """
    gray = to_grayscale(image)
    return np.clip(gray + factor * (np.asarray(image) - gray), 0.0, 1.0)


def per_image_standardization(image):
    """The image with mean 0 and standard deviation 1 over all its n values.

    (x − mean)/max(std, 1/√n): the floor keeps an even surface from a division by zero.
    image (H, W, C) → (H, W, C).
    Source: TensorFlow's function of this name.
    """
    image = _require_image(image)
    return (image - image.mean()) / max(image.std(), 1 / np.sqrt(image.size))


def pca_color_basis(pixels):
    """The principal directions of a set of colours: eigenvalues and eigenvectors of their covariance.

    Covariance 1/n Σᵢ (pᵢ − mean)(pᵢ − mean)ᵀ.
    pixels (n, 3) → eigenvalues (3,), largest first, and eigenvectors (3, 3), a column for each.
    """
    pixels = require_shape("pixels", pixels, (None, 3))
    require_range("the number of pixels", len(pixels), 1, None)
    centred = pixels - pixels.mean(axis=0)
    eigenvalues, eigenvectors = np.linalg.eigh(centred.T @ centred / len(pixels))  # smallest first
    return eigenvalues[::-1].copy(), eigenvectors[:, ::-1].copy()


def pca_color_offset(image, eigenvalues, eigenvectors, alphas):
    """The image with one colour added to all its pixels, made of the principal directions; not clipped.

    image + Σₖ eigenvectors[:, k]·alphas[k]·eigenvalues[k]
    image (H, W, 3), eigenvalues (3,), eigenvectors (3, 3), a column for each, alphas (3,) → (H, W, 3).
    Source: Krizhevsky, Sutskever & Hinton (2012), section 4.1.
    """
    image = _require_image(image, 3)
    eigenvalues = require_shape("eigenvalues", eigenvalues, (3,))
    eigenvectors = require_shape("eigenvectors", eigenvectors, (3, 3))
    return image + eigenvectors @ (require_shape("alphas", alphas, (3,)) * eigenvalues)


def affine_matrix(scale=(1, 1), rotation=0.0, shear=0.0, translation=(0, 0)):
    """The 3 × 3 matrix that scales, then shears, rotates and translates points (x, y, 1).

    translation · rotation · shear · scale, with rotation [[cos, −sin], [sin, cos]] and shear x ← x + tan(shear)·y.
    scale, translation (2,), x first; rotation, shear in radians → (3, 3).
    """
    sx, sy = require_shape("scale", scale, (2,))
    tx, ty = require_shape("translation", translation, (2,))
    cos, sin = np.cos(rotation), np.sin(rotation)
    translate = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    rotate = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    slant = np.array([[1, np.tan(shear), 0], [0, 1, 0], [0, 0, 1]])
    return translate @ rotate @ slant @ np.diag([sx, sy, 1])


def warp_affine(image, matrix):
    """The image moved by an affine matrix: output pixel p shows the input at matrix⁻¹ p.

    Points (x, y, 1) are measured from the image's centre ((W − 1)/2, (H − 1)/2). Between pixels the value is
    bilinear; the image is taken as 0 outside, so it fades to 0 within one pixel of its border.
    image (H, W, C), matrix (3, 3) → (H, W, C).
    Raises ValueError (LinAlgError) where the matrix has no inverse.
    """
    image = _require_image(image)
    inverse = np.linalg.inv(require_shape("matrix", matrix, (3, 3)))
    height, width, channels = image.shape
    x, y = np.arange(width) - (width - 1) / 2, np.arange(height)[:, np.newaxis] - (height - 1) / 2
    left, right = _neighbours(inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2], width)
    top, bottom = _neighbours(inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2], height)
    padded = np.pad(image, ((1, 2), (1, 2), (0, 0))).reshape(-1, channels)  # a border for what lies outside
    stride = width + 3
    out = 0.0
    for row, row_weight in (top, bottom):
        for column, column_weight in (left, right):
            pixels = padded.take(row * stride + column, axis=0)  # (H, W, C)
            out += pixels * (row_weight * column_weight)[:, :, np.newaxis]
    return out


def _neighbours(from_centre, length):
    """The two pixels beside each position: (indices, weights) of the lower one, and of the upper one.

    Positions are measured from the centre of an axis of ``length`` pixels; indices count from one pixel before it.
    """
    position = np.clip(from_centre + (length + 1) / 2, 0, length + 1)
    lower = position.astype(np.intp)
    weight = position - lower
    return (lower, 1 - weight), (lower + 1, weight)


def radial_distort(points, k1):
    """Points as a simple lens shows them: moved along the ray from the centre.

    p·(1 + k1·r²) with r = ‖p‖: a barrel for k1 < 0, a pincushion for k1 > 0.
    points (n, 2), measured from the centre → (n, 2).
    Source: Brown (1971).
    """
    points = require_shape("points", points, (None, 2))
    return points * (1 + k1 * np.sum(points**2, axis=1, keepdims=True))


def add_white_noise(signal, snr_db, rng):
    """The sound with white Gaussian noise of a given signal-to-noise ratio; not clipped.

    Noise power = signal power / 10^(snr_db/10), where power is the mean of the squares.
    signal (n,), snr_db in decibels, rng: a numpy.random.Generator → (n,).
    """
    signal = _require_sound(signal)
    power = np.mean(signal**2) / 10 ** (snr_db / 10)
    return signal + np.sqrt(power) * rng.standard_normal(signal.size)


def resample(signal, factor):
    """The sound with more or fewer samples: it lasts ``factor`` times as long, and its pitch changes with it.

    Linear interpolation at round(n·factor) evenly spaced places, from the first sample to the last.
    signal (n,), factor > 0 → (round(n·factor),).
    """
    signal = _require_sound(signal)
    require_range("factor", factor, 0, None, low_open=True)
    places = np.linspace(0, signal.size - 1, round(signal.size * factor))
    return np.interp(places, np.arange(signal.size), signal)


def time_stretch(signal, rate, frame=1024, hop=256):
    """The sound played ``rate`` times as fast at its own pitch, by a phase vocoder.

    Output frame k, at k·hop, has the magnitudes of the input's frame at k·hop·rate. Its phases are those of
    output frame k − 1, advanced by what the input's phases advance from (k − 1)·hop·rate within one hop.
    signal (n,), rate > 0 → (round(n/rate),). Frames have ``frame`` samples under a Hann window.
    Source: Flanagan & Golden (1966), in the form of Dolson (1986).
    """
    signal = _require_sound(signal)
    require_range("rate", rate, 0, None, low_open=True)
    frame = require_integer("frame", frame, 2)
    hop = int(require_range("hop", require_integer("hop", hop, 1), 1, frame // 2))
    length = round(signal.size / rate)
    window = np.sin(np.pi * (np.arange(frame) + 0.5) / frame) ** 2  # Hann, nowhere 0
    starts = np.rint(np.arange(-(-length // hop)) * hop * rate).astype(int)
    padded = np.pad(signal, (0, hop + frame))

    def spectra(at):
        return np.fft.rfft(window * padded[at[:, np.newaxis] + np.arange(frame)], axis=1)  # (frames, bins)

    here, ahead = spectra(starts), spectra(starts + hop)
    advance = np.angle(ahead) - np.angle(here)
    phase = np.angle(here[:1]) + np.concatenate([np.zeros_like(advance[:1]), np.cumsum(advance[:-1], axis=0)])
    frames = np.fft.irfft(np.abs(here) * np.exp(1j * phase), frame, axis=1)
    weights = np.broadcast_to(window**2, frames.shape)
    return _overlap_add(window * frames, hop, length) / _overlap_add(weights, hop, length)


def _overlap_add(frames, hop, length):
    """The first ``length`` samples of the sum of frames (k, frame), each ``hop`` later than the one before."""
    out = np.zeros(len(frames) * hop + frames.shape[1])
    for k, samples in enumerate(frames):
        out[k * hop : k * hop + samples.size] += samples
    return out[:length]


def pitch_shift(signal, semitones):
    """The sound at another pitch and of the same length: stretched in time, then resampled back.

    Every frequency is multiplied by 2^(semitones/12).
    signal (n,) → (n,).
    """
    signal = _require_sound(signal)
    stretched = time_stretch(signal, 2 ** (-semitones / 12))
    return resample(stretched, signal.size / stretched.size)
