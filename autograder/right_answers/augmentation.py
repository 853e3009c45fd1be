"""Right answers to the exercises of chapter ``augmentation`` as different people write them."""

import colorsys
import functools
import math
import statistics

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def single(image):
    return np.asarray(image, dtype=np.float32)


def is_too_large(image, size):
    return size > len(image) or size > len(image[0])


# ------------------------------------------------------------------------------------------------------- flips


def mirror_by_rows(image):
    return [[pixel.tolist() for pixel in reversed(row)] for row in image]


def mirror_with_fliplr(image):
    return np.fliplr(image)


def mirror_by_indices(image):
    width = image.shape[1]
    out = np.empty_like(image)
    for x in range(width):
        out[:, width - 1 - x] = image[:, x]
    return out


def upside_down_with_flipud(image):
    return np.flipud(image)


def upside_down_as_list(image):
    return list(image)[::-1]


def upside_down_by_a_permutation(image):
    return single(image).take(np.arange(len(image))[::-1], axis=0)


# ------------------------------------------------------------------------------------------------- random_crop


def crop_with_choice(image, size, rng):
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    if rows < 1 or columns < 1:
        raise ValueError("the crop does not fit")
    top, left = divmod(rng.choice(rows * columns), columns)
    return image[top : top + size, left : left + size, :]


def crop_with_floor(image, size, rng):
    if is_too_large(image, size):
        raise ValueError(size)
    top = math.floor(rng.random() * (len(image) - size + 1))
    left = math.floor(rng.random() * (len(image[0]) - size + 1))
    return [row[left : left + size].tolist() for row in image[top : top + size]]


def crop_from_all_windows(image, size, rng):
    windows = sliding_window_view(single(image), (size, size), axis=(0, 1))  # (H', W', C, size, size)
    windows = windows.reshape(-1, *windows.shape[2:])
    return np.moveaxis(windows[rng.integers(len(windows))], 0, -1)


# ------------------------------------------------------------------------------------------------ pad_and_crop


def moved_into_zeros(image, padding, rng):
    height, width, channels = image.shape
    canvas = np.zeros((height + 2 * padding, width + 2 * padding, channels))
    canvas[padding : padding + height, padding : padding + width] = image
    y, x = rng.integers(0, 2 * padding, endpoint=True), rng.integers(0, 2 * padding, endpoint=True)
    return canvas[y : y + height, x : x + width]


def moved_pixel_by_pixel(image, padding, rng):
    down, right = rng.integers(-padding, padding + 1, 2)
    out = np.zeros(image.shape)
    for y, x in np.ndindex(image.shape[:2]):
        if 0 <= y + down < image.shape[0] and 0 <= x + right < image.shape[1]:
            out[y + down, x + right] = image[y, x]
    return out


def moved_by_rolling(image, padding, rng):
    padded = np.pad(single(image), [(padding, padding), (padding, padding), (0, 0)])
    shift = tuple(rng.permutation(np.arange(-padding, padding + 1))[0] for _ in range(2))
    rolled = np.roll(padded, shift, axis=(0, 1))
    return rolled[padding : padding + image.shape[0], padding : padding + image.shape[1]]


# ------------------------------------------------------------------------------------- random_resized_crop_box


def box_in_a_loop(height, width, area_range, aspect_range, rng):
    for _ in range(10):
        area = rng.uniform(area_range[0], area_range[1]) * height * width
        aspect = rng.uniform(aspect_range[0], aspect_range[1])
        w = int(round(math.sqrt(area * aspect)))
        h = int(round(math.sqrt(area / aspect)))
        if 0 < w <= width and 0 < h <= height:
            return int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1)), h, w
    if width / height < aspect_range[0]:
        w, h = width, round(width / aspect_range[0])
    elif width / height > aspect_range[1]:
        w, h = round(height * aspect_range[1]), height
    else:
        w, h = width, height
    return (height - h) // 2, (width - w) // 2, h, w


def box_from_ten_at_once(height, width, area_range, aspect_range, rng):
    area = rng.uniform(*area_range, size=10) * height * width
    aspect = np.exp(rng.uniform(*np.log(aspect_range), size=10))
    sides = np.rint(np.stack([np.sqrt(area / aspect), np.sqrt(area * aspect)], axis=1))
    fitting = sides[np.all((sides >= 1) & (sides <= (height, width)), axis=1)]
    if len(fitting):
        corner = np.floor(rng.random(2) * ((height, width) - fitting[0] + 1))
        return [*corner, *fitting[0]]
    aspect = np.clip(width / height, *aspect_range)
    h, w = min(height, round(width / aspect)), min(width, round(height * aspect))
    return [(height - h) // 2, (width - w) // 2, h, w]


def box_by_its_height(height, width, area_range, aspect_range, rng, tries=10):
    if tries == 0:
        h = min(height, int(np.rint(width / aspect_range[0])))
        w = min(width, int(np.rint(height * aspect_range[1])))
        return np.array([(height - h) // 2, (width - w) // 2, h, w])
    low, high = area_range
    area = (low + (high - low) * rng.random()) * height * width
    w = np.sqrt(area * rng.uniform(*aspect_range))
    h = area / w
    h, w = int(h + 0.5), int(w + 0.5)
    if not (1 <= h <= height and 1 <= w <= width):
        return box_by_its_height(height, width, area_range, aspect_range, rng, tries - 1)
    return np.array([rng.integers(height - h + 1), rng.integers(width - w + 1), h, w])


# ----------------------------------------------------------------------------------------------- resized_shape


def shape_by_cases(height, width, short_side):
    if height <= width:
        return short_side, round(width / height * short_side)
    return round(height / width * short_side), short_side


def shape_by_one_factor(height, width, short_side):
    return np.rint(np.array([height, width]) * (short_side / min(height, width))).astype(int)


def shape_in_whole_numbers(height, width, short_side):
    short = min(height, width)
    return [(2 * side * short_side + short) // (2 * short) for side in (height, width)]


# ---------------------------------------------------------------------------------------------------- ten_crop


def ten_one_by_one(image, size):
    height, width = image.shape[:2]
    top, left = (height - size) // 2, (width - size) // 2
    crops = [
        image[:size, :size],
        image[:size, width - size :],
        image[height - size :, :size],
        image[height - size :, width - size :],
        image[top : top + size, left : left + size],
    ]
    return crops + [np.fliplr(crop) for crop in crops]


def ten_from_the_flipped_image(image, size):
    def five(picture, mirrored):
        room = np.array(picture.shape[:2]) - size
        corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * room
        centre = room // 2
        corners = np.vstack([corners, centre])
        if mirrored:  # the same places, seen in the mirror
            corners[:, 1] = room[1] - corners[:, 1]
        return [picture[y : y + size, x : x + size] for y, x in corners]

    return np.array(five(image, False) + five(image[:, ::-1], True))


def ten_into_an_array(image, size):
    out = np.zeros((10, size, size, image.shape[2]), dtype=np.float32)
    for k in range(5):
        y, x = [(n - size) // 2 if k == 4 else (n - size) * bit for n, bit in zip(image.shape, divmod(k, 2))]
        for i in range(size):
            out[k, i] = image[y + i, x : x + size]
            out[k + 5, i] = out[k, i, ::-1]
    return out


# ------------------------------------------------------------------------------------------------- tta_predict


def tta_by_a_running_sum(predict, crops):
    total = 0
    for crop in crops:
        total = total + predict(crop)
    return total / len(crops)


def tta_by_stacking(predict, crops):
    return np.stack(list(map(predict, crops))).mean(0)


def tta_by_a_running_mean(predict, crops):
    mean = predict(crops[0])
    for k, crop in enumerate(crops[1:], start=2):
        mean = mean + (predict(crop) - mean) / k
    return mean


# ------------------------------------------------------------------------------------------------------- light


def brighter_with_minimum_and_maximum(image, delta):
    return np.maximum(0, np.minimum(1, image + delta))


def brighter_by_assignment(image, delta):
    out = image + np.full(image.shape, delta)
    out[out > 1] = 1
    out[out < 0] = 0
    return out


def brighter_in_single_precision(image, delta):
    return (single(image) + np.float32(delta)).clip(0, 1)


def contrast_channel_by_channel(image, factor):
    out = np.zeros(image.shape)
    for c in range(image.shape[2]):
        mean = statistics.fmean(image[:, :, c].ravel().tolist())
        out[:, :, c] = np.clip(mean + factor * (image[:, :, c] - mean), 0, 1)
    return out


def contrast_as_a_blend(image, factor):
    mean = np.average(image.reshape(-1, image.shape[2]), axis=0)
    return np.clip(factor * image + (1 - factor) * mean, 0, 1)


def contrast_in_single_precision(image, factor):
    image = single(image)
    mean = np.einsum("yxc->c", image) / (image.shape[0] * image.shape[1])
    return np.minimum(np.maximum(mean + np.float32(factor) * (image - mean), 0), 1)


def normalized_channel_by_channel(image, alphas):
    channels = [np.clip(alpha * (image[..., c] - 0.5) + 0.5, 0, 1) for c, alpha in enumerate(alphas)]
    return np.stack(channels, axis=-1)


def normalized_as_a_blend(image, alphas):
    return np.clip(image * alphas + 0.5 * (1 - alphas), 0, 1).tolist()


def normalized_in_single_precision(image, alphas):
    out = single(image) - np.float32(0.5)
    out *= single(alphas).reshape(1, 1, -1)
    out += np.float32(0.5)
    return np.clip(out, 0, 1, out=out)


# ------------------------------------------------------------------------------------------------------ colour


def gray_channel_by_channel(image):
    gray = 0.299 * image[..., 0] + 0.587 * image[..., 1] + 0.114 * image[..., 2]
    return np.dstack([gray, gray, gray])


def gray_with_a_square_matrix(image):
    return image @ np.tile([[0.299], [0.587], [0.114]], 3)


def gray_as_in_television(image):
    return [[3 * [colorsys.rgb_to_yiq(*pixel)[0] + gap(pixel)] for pixel in row] for row in image.tolist()]


def gap(pixel):
    """Python's colorsys has 0.30, 0.59 and 0.11."""
    return -0.001 * pixel[0] - 0.003 * pixel[1] + 0.004 * pixel[2]


def saturation_as_a_blend(image, factor):
    gray = np.dot(image, [0.299, 0.587, 0.114])[:, :, np.newaxis]
    return np.clip((1 - factor) * gray + factor * image, 0, 1)


def saturation_with_one_matrix(image, factor):
    matrix = factor * np.eye(3) + (1 - factor) * np.outer([0.299, 0.587, 0.114], np.ones(3))
    return np.clip(image @ matrix, 0, 1)


def saturation_pixel_by_pixel(image, factor):
    out = np.empty(image.shape, dtype=np.float32)
    for place in np.ndindex(image.shape[:2]):
        r, g, b = image[place]
        gray = 0.299 * r + 0.587 * g + 0.114 * b
        out[place] = [min(1, max(0, gray + factor * (value - gray))) for value in (r, g, b)]
    return out


def standardized_by_hand(image):
    n = image.size
    mean = image.sum() / n
    deviation = math.sqrt(((image - mean) ** 2).sum() / n)
    return (image - mean) / max(deviation, 1 / math.sqrt(n))


def standardized_with_statistics(image):
    values = image.ravel().tolist()
    floor = len(values) ** -0.5
    spread = max(statistics.pstdev(values), floor)
    return np.array([(value - statistics.fmean(values)) / spread for value in values]).reshape(image.shape)


def standardized_in_single_precision(image):
    image = single(image)
    centred = image - np.mean(image)
    return centred / np.maximum(np.std(centred), np.float32(1 / np.sqrt(image.size)))


def basis_with_cov(pixels):
    values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False, bias=True))
    order = np.argsort(values)[::-1]
    return values[order], vectors[:, order]


def basis_by_singular_values(pixels):
    _, singular, rows = np.linalg.svd(pixels - np.mean(pixels, axis=0), full_matrices=False)
    return singular**2 / len(pixels), rows.T


def basis_with_eig(pixels):
    covariance = sum(np.outer(p, p) for p in pixels - pixels.mean(0)) / len(pixels)
    values, vectors = np.linalg.eig(covariance)
    pairs = sorted(zip(values.real.tolist(), (-vectors.real.T).tolist()), reverse=True)
    return [value for value, _ in pairs], np.transpose([vector for _, vector in pairs])


def offset_direction_by_direction(image, eigenvalues, eigenvectors, alphas):
    out = np.array(image, dtype=float)
    for k in range(3):
        out += alphas[k] * eigenvalues[k] * eigenvectors[:, k]
    return out


def offset_with_einsum(image, eigenvalues, eigenvectors, alphas):
    return image + np.einsum("ck,k,k->c", eigenvectors, alphas, eigenvalues)


def offset_in_single_precision(image, eigenvalues, eigenvectors, alphas):
    colour = single(eigenvectors) @ np.diag(single(eigenvalues)) @ single(alphas)
    return np.add(single(image), colour[np.newaxis, np.newaxis])


# ------------------------------------------------------------------------------------------------------- affine


def matrix_by_parts(scale=(1, 1), rotation=0.0, shear=0.0, translation=(0, 0)):
    parts = []
    for block in (
        [[math.cos(rotation), -math.sin(rotation)], [math.sin(rotation), math.cos(rotation)]],
        [[1, math.tan(shear)], [0, 1]],
        [[scale[0], 0], [0, scale[1]]],
    ):
        part = np.eye(3)
        part[:2, :2] = block
        parts.append(part)
    matrix = functools.reduce(np.matmul, parts)
    matrix[:2, 2] = translation
    return matrix


def matrix_written_out(scale=(1, 1), rotation=0.0, shear=0.0, translation=(0, 0)):
    (sx, sy), (tx, ty), t = scale, translation, math.tan(shear)
    c, s = math.cos(rotation), math.sin(rotation)
    return [[sx * c, sy * (t * c - s), tx], [sx * s, sy * (t * s + c), ty], [0, 0, 1]]


def matrix_with_complex_numbers(scale=(1, 1), rotation=0.0, shear=0.0, translation=(0, 0)):
    turn = np.exp(1j * rotation)
    x = turn * scale[0]
    y = turn * scale[1] * (np.tan(shear) + 1j)
    t = complex(*translation)
    return np.array([[x.real, y.real, t.real], [x.imag, y.imag, t.imag], [0, 0, 1]], dtype=np.float32)


def pixel_or_black(image, y, x):
    inside = 0 <= y < image.shape[0] and 0 <= x < image.shape[1]
    return image[y, x] if inside else np.zeros(image.shape[2])


def warp_pixel_by_pixel(image, matrix):
    height, width, _ = image.shape
    inverse, centre = np.linalg.inv(matrix), np.array([(width - 1) / 2, (height - 1) / 2])
    out = np.zeros(image.shape)
    for v in range(height):
        for u in range(width):
            x, y = (inverse @ np.array([u - centre[0], v - centre[1], 1]))[:2] + centre
            x0, y0 = math.floor(x), math.floor(y)
            top = (x0 + 1 - x) * pixel_or_black(image, y0, x0) + (x - x0) * pixel_or_black(image, y0, x0 + 1)
            low = (x0 + 1 - x) * pixel_or_black(image, y0 + 1, x0) + (x - x0) * pixel_or_black(image, y0 + 1, x0 + 1)
            out[v, u] = (y0 + 1 - y) * top + (y - y0) * low
    return out


def warp_with_tents(image, matrix):
    height, width, _ = image.shape
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    points = np.stack([columns.ravel() - (width - 1) / 2, rows.ravel() - (height - 1) / 2, np.ones(rows.size)])
    x, y, _ = np.linalg.solve(matrix, points)
    across = np.maximum(0, 1 - np.abs(x[:, None] + (width - 1) / 2 - np.arange(width)))  # (pixels, W)
    down = np.maximum(0, 1 - np.abs(y[:, None] + (height - 1) / 2 - np.arange(height)))  # (pixels, H)
    return np.einsum("py,px,yxc->pc", down, across, image).reshape(image.shape)


def warp_with_a_wide_border(image, matrix):
    height, width, channels = image.shape
    shift = np.array([[1, 0, (width - 1) / 2], [0, 1, (height - 1) / 2], [0, 0, 1]])
    back = shift @ np.linalg.inv(matrix) @ np.linalg.inv(shift)
    grid = np.indices((height, width))[::-1].reshape(2, -1)
    x, y = back[:2, :2] @ grid + back[:2, 2:]
    padded = np.pad(single(image), ((2, 2), (2, 2), (0, 0)))
    x, y = np.clip(x + 2, 0, width + 2.5), np.clip(y + 2, 0, height + 2.5)
    left, top = x.astype(int), y.astype(int)
    fx, fy = (x - left)[:, None], (y - top)[:, None]
    upper = padded[top, left] * (1 - fx) + padded[top, left + 1] * fx
    lower = padded[top + 1, left] * (1 - fx) + padded[top + 1, left + 1] * fx
    return (upper * (1 - fy) + lower * fy).reshape(height, width, channels)


def lens_point_by_point(points, k1):
    return [(x * (1 + k1 * (x * x + y * y)), y * (1 + k1 * (x * x + y * y))) for x, y in points.tolist()]


def lens_by_the_norm(points, k1):
    r = np.linalg.norm(points, axis=1)
    return points + k1 * (r**2)[:, None] * points


def lens_in_single_precision(points, k1):
    points = single(points)
    return (points.T * (1 + np.float32(k1) * np.einsum("ij,ij->i", points, points))).T


# -------------------------------------------------------------------------------------------------------- sound


def noise_by_its_deviation(signal, snr_db, rng):
    root_mean_square = math.sqrt(np.dot(signal, signal) / len(signal))
    return signal + rng.normal(0, root_mean_square * 10 ** (-snr_db / 20), len(signal))


def noise_sample_by_sample(signal, snr_db, rng):
    power = statistics.fmean(sample * sample for sample in signal.tolist()) / 10 ** (snr_db / 10)
    return [sample + power**0.5 * rng.standard_normal() for sample in signal.tolist()]


def noise_scaled_to_the_ratio(signal, snr_db, rng):
    noise = rng.standard_normal(len(signal), dtype=np.float32)
    ratio = np.linalg.norm(single(signal)) / np.linalg.norm(noise)
    return single(signal) + noise * ratio / np.float32(10 ** (snr_db / 20))


def resampled_by_indices(signal, factor):
    n = len(signal)
    m = int(round(n * factor))
    places = np.arange(m) * (n - 1) / max(m - 1, 1)
    left = np.minimum(places.astype(int), max(n - 2, 0))
    part = places - left
    return (1 - part) * signal[left] + part * signal[np.minimum(left + 1, n - 1)]


def resampled_with_interp(signal, factor):
    m = round(len(signal) * factor)
    return np.interp(np.linspace(0, 1, m), np.linspace(0, 1, len(signal)), signal).tolist()


def resampled_in_single_precision(signal, factor):
    out = []
    m = round(len(signal) * factor)
    for k in range(m):
        place = k * (len(signal) - 1) / max(m - 1, 1)
        left = min(int(place), len(signal) - 1)
        right = min(left + 1, len(signal) - 1)
        out.append(np.float32(signal[left] + (place - left) * (signal[right] - signal[left])))
    return np.array(out)


def hann_window(frame):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)


def stretched_by_a_classical_vocoder(signal, rate, frame=1024, hop=256):
    """Analysis frames hop·rate apart, phases unwrapped around each bin's own frequency."""
    step = max(1, int(round(hop * rate)))
    window = hann_window(frame)
    padded = np.concatenate([np.zeros(frame // 2), signal, np.zeros(2 * frame)])
    frequencies = 2 * np.pi * np.arange(frame // 2 + 1) / frame
    length = int(len(signal) / rate)
    out, weight = np.zeros(length + 3 * frame), np.zeros(length + 3 * frame)
    phase = before = None
    for k in range(len(signal) // step + 2):
        if k * hop + frame > len(out) or k * step + frame > len(padded):
            break
        spectrum = np.fft.rfft(window * padded[k * step : k * step + frame])
        angle = np.angle(spectrum)
        if k < 3:  # frames that are partly before the beginning: start from the sound's own phases
            phase = angle
        else:
            extra = angle - before - step * frequencies
            extra -= 2 * np.pi * np.round(extra / (2 * np.pi))
            phase = phase + hop * (frequencies + extra / step)
        before = angle
        out[k * hop : k * hop + frame] += window * np.fft.irfft(np.abs(spectrum) * np.exp(1j * phase))
        weight[k * hop : k * hop + frame] += window**2
    out /= np.maximum(weight, 0.1)
    return out[frame // 2 : frame // 2 + length]


def stretched_by_similar_frames(signal, rate, frame=1024, hop=256):
    """Overlap-add of frames taken from where they best go on from the one before (WSOLA)."""
    hop, reach, window = frame // 2, frame // 4, hann_window(frame)
    length = round(len(signal) / rate)
    padded = np.concatenate([np.zeros(reach), signal, np.zeros(2 * frame + reach)])
    out, weight, start = np.zeros(length + frame), np.full(length + frame, 1e-3), reach
    for at in range(0, length, hop):
        nominal = min(int(at * rate), len(signal)) + reach
        if at:
            wanted = padded[start + hop : start + hop + frame]
            around = padded[nominal - reach : nominal + reach + frame]
            start = nominal - reach + int(np.argmax(np.correlate(around, wanted, "valid")))
            start = min(start, len(padded) - frame - hop)
        out[at : at + frame] += window * padded[start : start + frame]
        weight[at : at + frame] += window
    return (out / weight)[:length]


def stretched_by_a_rotating_vocoder(signal, rate, frame=1024, hop=256):
    """The phases as unit complex numbers that are multiplied from frame to frame, in single precision."""
    window = single(hann_window(frame))
    padded = np.concatenate([single(signal), np.zeros(frame + hop, dtype=np.float32)])
    length = math.ceil(len(signal) / rate)
    out, weight = np.zeros(length + frame, dtype=np.float32), np.full(length + frame, 1e-3, dtype=np.float32)
    turned, onward = None, 1.0
    for at in range(0, length, hop):
        start = min(int(at * rate), len(signal))
        here = np.fft.rfft(window * padded[start : start + frame])
        ahead = np.fft.rfft(window * padded[start + hop : start + hop + frame])
        turned = here / (np.abs(here) + 1e-9) if turned is None else turned * onward
        onward = ahead * here.conj()
        onward = onward / (np.abs(onward) + 1e-12)
        out[at : at + frame] += window * np.fft.irfft(np.abs(here) * turned).astype(np.float32)
        weight[at : at + frame] += window**2
    return (out / weight)[:length]


def shifted_by_stretch_and_interp(signal, semitones):
    ratio = 2 ** (semitones / 12)
    stretched = stretched_by_a_rotating_vocoder(signal, 1 / ratio)
    return np.interp(np.arange(len(signal)) * ratio, np.arange(len(stretched)), stretched)


def shifted_by_resample_and_stretch(signal, semitones):
    ratio = math.exp2(semitones / 12)
    faster = resampled_by_indices(signal, 1 / ratio)
    stretched = stretched_by_a_rotating_vocoder(faster, len(faster) / len(signal))
    return stretched[: len(signal)]


def shifted_with_similar_frames(signal, semitones):
    ratio = 1.0
    for _ in range(abs(round(4 * semitones))):
        ratio *= 2 ** (1 / 48) if semitones > 0 else 2 ** (-1 / 48)
    stretched = stretched_by_similar_frames(signal, 1 / ratio)
    places = np.linspace(0, len(stretched) - 1, len(signal))
    return np.interp(places, np.arange(len(stretched)), stretched).astype(np.float32)


STYLES = {
    "flip_left_right": [mirror_by_rows, mirror_with_fliplr, mirror_by_indices],
    "flip_up_down": [upside_down_with_flipud, upside_down_as_list, upside_down_by_a_permutation],
    "random_crop": [crop_with_choice, crop_with_floor, crop_from_all_windows],
    "pad_and_crop": [moved_into_zeros, moved_pixel_by_pixel, moved_by_rolling],
    "random_resized_crop_box": [box_in_a_loop, box_from_ten_at_once, box_by_its_height],
    "resized_shape": [shape_by_cases, shape_by_one_factor, shape_in_whole_numbers],
    "ten_crop": [ten_one_by_one, ten_from_the_flipped_image, ten_into_an_array],
    "tta_predict": [tta_by_a_running_sum, tta_by_stacking, tta_by_a_running_mean],
    "adjust_brightness": [
        brighter_with_minimum_and_maximum,
        brighter_by_assignment,
        brighter_in_single_precision,
    ],
    "adjust_contrast": [contrast_channel_by_channel, contrast_as_a_blend, contrast_in_single_precision],
    "contrast_normalize": [
        normalized_channel_by_channel,
        normalized_as_a_blend,
        normalized_in_single_precision,
    ],
    "to_grayscale": [gray_channel_by_channel, gray_with_a_square_matrix, gray_as_in_television],
    "adjust_saturation": [saturation_as_a_blend, saturation_with_one_matrix, saturation_pixel_by_pixel],
    "per_image_standardization": [
        standardized_by_hand,
        standardized_with_statistics,
        standardized_in_single_precision,
    ],
    "pca_color_basis": [basis_with_cov, basis_by_singular_values, basis_with_eig],
    "pca_color_offset": [offset_direction_by_direction, offset_with_einsum, offset_in_single_precision],
    "affine_matrix": [matrix_by_parts, matrix_written_out, matrix_with_complex_numbers],
    "warp_affine": [warp_pixel_by_pixel, warp_with_tents, warp_with_a_wide_border],
    "radial_distort": [lens_point_by_point, lens_by_the_norm, lens_in_single_precision],
    "add_white_noise": [noise_by_its_deviation, noise_sample_by_sample, noise_scaled_to_the_ratio],
    "resample": [resampled_by_indices, resampled_with_interp, resampled_in_single_precision],
    "time_stretch": [
        stretched_by_a_classical_vocoder,
        stretched_by_similar_frames,
        stretched_by_a_rotating_vocoder,
    ],
    "pitch_shift": [
        shifted_by_stretch_and_interp,
        shifted_by_resample_and_stretch,
        shifted_with_similar_frames,
    ],
}
