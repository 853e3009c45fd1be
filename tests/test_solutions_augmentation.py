"""The references of chapter ``augmentation`` against PyTorch, SciPy, scikit-image, scikit-learn and properties."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage, signal, stats
from skimage import color, transform
from sklearn.decomposition import PCA

from solutions import augmentation
from solutions.augmentation import (
    add_white_noise,
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    affine_matrix,
    contrast_normalize,
    flip_left_right,
    flip_up_down,
    pad_and_crop,
    pca_color_basis,
    pca_color_offset,
    per_image_standardization,
    pitch_shift,
    radial_distort,
    random_crop,
    random_resized_crop_box,
    resample,
    resized_shape,
    ten_crop,
    time_stretch,
    to_grayscale,
    tta_predict,
    warp_affine,
)

reproducible = settings(deadline=None, derandomize=True, max_examples=60)  # a slow machine is no failure

SIDES = st.integers(1, 9)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def picture(height=6, width=7, channels=3, seed=0):
    return np.random.default_rng(seed).uniform(size=(height, width, channels))


def tone(frequency, n, level=0.5):
    """A sine of ``frequency`` cycles a sample."""
    return level * np.sin(2 * np.pi * frequency * np.arange(n) + 0.3)


# ----------------------------------------------------------------------------------------------- flips and crops


def test_flips_are_pytorchs(torch):
    image = picture()
    assert_array_equal(flip_left_right(image), torch.flip(torch.tensor(image), [1]).numpy())
    assert_array_equal(flip_up_down(image), torch.flip(torch.tensor(image), [0]).numpy())


@given(SIDES, SIDES, st.integers(1, 4))
@reproducible
def test_two_flips_are_none_and_both_are_half_a_turn(height, width, channels):
    image = picture(height, width, channels)
    for flip in (flip_left_right, flip_up_down):
        assert_array_equal(flip(flip(image)), image)
    assert_array_equal(flip_up_down(flip_left_right(image)), np.rot90(image, 2))


def test_every_place_of_a_crop_is_equally_likely():
    image = np.arange(20.0).reshape(4, 5, 1)
    rng = np.random.default_rng(1)
    corners = [random_crop(image, 3, rng)[0, 0, 0] for _ in range(3000)]
    values, counts = np.unique(corners, return_counts=True)
    assert_array_equal(values, [0, 1, 2, 5, 6, 7])
    assert stats.chisquare(counts).pvalue > 1e-4


@given(SIDES, SIDES, st.data())
@reproducible
def test_a_crop_is_a_window(height, width, data):
    image = np.arange(height * width).reshape(height, width, 1)
    size = data.draw(st.integers(1, min(height, width)))
    crop = random_crop(image, size, np.random.default_rng(height))
    top, left = divmod(int(crop[0, 0, 0]), width)
    assert_array_equal(crop, image[top : top + size, left : left + size])


def test_every_shift_of_pad_and_crop_is_equally_likely():
    image = np.ones((3, 4, 1))
    image[1, 1] = 2.0
    rng = np.random.default_rng(2)
    places = [int(np.argmax(pad_and_crop(image, 1, rng))) for _ in range(3000)]
    values, counts = np.unique(places, return_counts=True)
    assert_array_equal(values, [0, 1, 2, 4, 5, 6, 8, 9, 10])
    assert stats.chisquare(counts).pvalue > 1e-4


@given(SIDES, SIDES, st.integers(0, 4), st.integers(0, 10**6))
@reproducible
def test_pad_and_crop_is_a_shift_with_zeros(height, width, padding, seed):
    image = 1 + np.arange(height * width, dtype=float).reshape(height, width, 1)
    out = pad_and_crop(image, padding, np.random.default_rng(seed))
    shifts = [
        ndimage.shift(image, (down, right, 0), order=0)
        for down in range(-padding, padding + 1)
        for right in range(-padding, padding + 1)
    ]
    assert out.shape == image.shape
    assert any(np.array_equal(out, shifted) for shifted in shifts)


@given(st.integers(8, 300), st.integers(8, 300), st.integers(0, 10**6))
@reproducible
def test_boxes_keep_their_ranges(height, width, seed):
    rng = np.random.default_rng(seed)
    top, left, h, w = random_resized_crop_box(height, width, (0.3, 0.6), (0.75, 1.33), rng)
    assert 0 <= top <= height - h and 0 <= left <= width - w
    if (top, left, h, w) != random_resized_crop_box(height, width, (2, 2), (0.75, 1.33), rng):  # the last resort
        assert (h - 0.5) * (w - 0.5) <= 0.6 * height * width and (h + 0.5) * (w + 0.5) >= 0.3 * height * width
    assert (w - 0.5) / (h + 0.5) <= 1.33 and (w + 0.5) / (h - 0.5) >= 0.75


def test_areas_are_uniform_aspects_log_uniform_and_places_even():
    rng = np.random.default_rng(3)
    boxes = [random_resized_crop_box(2000, 2000, (0.1, 0.3), (0.5, 2.0), rng) for _ in range(2000)]
    top, left, h, w = np.array(boxes).T
    assert stats.kstest(h * w / 2000**2, stats.uniform(0.1, 0.2).cdf).pvalue > 1e-3
    assert stats.kstest(np.log(w / h), stats.uniform(-np.log(2), 2 * np.log(2)).cdf).pvalue > 1e-3
    assert stats.kstest(top / (2000 - h), stats.uniform.cdf).pvalue > 1e-3
    assert stats.kstest(left / (2000 - w), stats.uniform.cdf).pvalue > 1e-3


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.2, 4), st.floats(1, 3))
@reproducible
def test_the_last_resort_is_the_largest_centred_box(height, width, narrow, ratio):
    wide = narrow * ratio
    top, left, h, w = random_resized_crop_box(height, width, (5, 6), (narrow, wide), np.random.default_rng(0))
    assert (top, left) == ((height - h) // 2, (width - w) // 2)
    assert h == height or w == width
    assert w <= width and h <= height
    assert w == width or w == max(1, round(height * wide))  # as wide as the aspect lets it be
    assert h == height or h == max(1, round(width / narrow))
    if narrow <= width / height <= wide:
        assert (h, w) == (height, width)


@pytest.mark.parametrize(
    "shape, short, expected",
    [((427, 640), 224, (224, 336)), ((640, 427), 480, (719, 480)), ((5, 5), 3, (3, 3)), ((3, 5), 4, (4, 7))],
)
def test_resized_shapes(shape, short, expected):
    assert resized_shape(*shape, short) == expected


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 700))
@reproducible
def test_the_short_side_is_as_asked_and_the_long_one_nearest(height, width, short):
    h, w = resized_shape(height, width, short)
    assert min(h, w) == short
    assert abs(h * min(height, width) - height * short) * 2 <= min(height, width)
    assert abs(w * min(height, width) - width * short) * 2 <= min(height, width)


def test_ten_crops():
    image = np.arange(25.0).reshape(5, 5, 1)
    crops = ten_crop(image, 2)
    assert_array_equal(crops[:5, 0, 0, 0], [0, 3, 15, 18, 6])
    assert_array_equal(crops[5:], crops[:5, :, ::-1])
    for crop in ten_crop(image[:4], 4)[[0, 2]]:
        assert_array_equal(crop, image[:4, :4])


def test_predictions_are_averaged_one_crop_a_call():
    crops, seen = picture(7, 4, 12).reshape(7, 4, 4, 3), []

    def predict(crop):
        seen.append(crop.shape)
        return np.array([crop.max(), crop[0, 0, 0] ** 2])

    expected = [crops.max(axis=(1, 2, 3)).mean(), (crops[:, 0, 0, 0] ** 2).mean()]
    assert_allclose(tta_predict(predict, crops), expected, rtol=1e-12)
    assert seen == [(4, 4, 3)] * 7


# ---------------------------------------------------------------------------------------------- light and colour


def test_brightness_and_contrast_by_hand():
    image = np.array([[[0.2, 0.0]], [[0.6, 1.0]]])
    assert_allclose(adjust_brightness(image, 0.5), [[[0.7, 0.5]], [[1.0, 1.0]]])
    assert_allclose(adjust_brightness(image, -0.5), [[[0.0, 0.0]], [[0.1, 0.5]]])
    assert_allclose(adjust_contrast(image, 2), [[[0.0, 0.0]], [[0.8, 1.0]]])
    assert_allclose(contrast_normalize(image, [2, 0.5]), [[[0.0, 0.25]], [[0.7, 0.75]]])


@given(st.floats(0, 1), st.integers(0, 1000))
@reproducible
def test_contrast_and_saturation_below_1_keep_what_they_promise(factor, seed):
    image = picture(seed=seed)
    assert_allclose(adjust_contrast(image, factor).mean(axis=(0, 1)), image.mean(axis=(0, 1)), rtol=1e-12)
    assert_allclose(adjust_contrast(image, factor).std(axis=(0, 1)), factor * image.std(axis=(0, 1)), atol=1e-12)
    assert_allclose(to_grayscale(adjust_saturation(image, factor)), to_grayscale(image), rtol=1e-12)
    for change in (adjust_contrast, adjust_saturation):
        assert_allclose(change(image, 1), image, atol=1e-15)


@given(st.floats(-5, 5), st.integers(0, 100))
@reproducible
def test_light_stays_in_the_range(amount, seed):
    image = picture(seed=seed)
    for out in (
        adjust_brightness(image, amount),
        adjust_contrast(image, amount),
        adjust_saturation(image, amount),
        contrast_normalize(image, np.full(3, amount)),
    ):
        assert out.min() >= 0 and out.max() <= 1 and out.shape == image.shape


def test_grey_is_the_luma_of_scikit_image():
    image = picture()
    luma = color.rgb2yiq(image)[:, :, 0]  # its first row is 0.299, 0.587, 0.114
    assert_allclose(to_grayscale(image), np.repeat(luma[:, :, None], 3, axis=2), rtol=1e-12)
    assert_allclose(adjust_saturation(image, 0), to_grayscale(image), rtol=1e-12)


@given(SIDES, SIDES, st.floats(0.01, 100))
@reproducible
def test_standardized_images(height, width, size):
    image = size * picture(height, width, 2, seed=height)
    out, floor = per_image_standardization(image), 1 / np.sqrt(image.size)
    assert abs(out.mean()) < 1e-10
    assert_allclose(out.std(), min(1.0, image.std() / floor), rtol=1e-9, atol=1e-12)
    assert_array_equal(per_image_standardization(np.full((2, 2, 3), 0.25)), np.zeros((2, 2, 3)))


def test_the_colour_basis_is_scikit_learns_and_numpys():
    pixels = np.random.default_rng(4).normal(size=(200, 3)) @ np.random.default_rng(5).normal(size=(3, 3))
    eigenvalues, eigenvectors = pca_color_basis(pixels)
    pca = PCA().fit(pixels)
    assert_allclose(eigenvalues, pca.explained_variance_ * 199 / 200, rtol=1e-10)  # it divides by n − 1
    assert_allclose(np.abs(pca.components_ @ eigenvectors), np.eye(3), atol=1e-10)
    covariance = np.cov(pixels.T, bias=True)
    assert_allclose(eigenvectors @ np.diag(eigenvalues) @ eigenvectors.T, covariance, rtol=1e-10)


def test_offsets_of_colour():
    image, basis = picture(), pca_color_basis(np.random.default_rng(6).normal(size=(50, 3)))
    assert_allclose(pca_color_offset(image, *basis, [1, 0, 0]) - image, basis[0][0] * basis[1][:, 0] + 0 * image)
    out = pca_color_offset(image, *basis, [10, -20, 30])
    assert_allclose(np.linalg.norm(out - image, axis=2), np.linalg.norm([10, -20, 30] * basis[0]), rtol=1e-9)
    assert out.max() > 1  # it is not clipped


# ------------------------------------------------------------------------------------------------------ geometry


def test_affine_parts_are_scikit_images():
    assert_allclose(affine_matrix(rotation=0.3), transform.AffineTransform(rotation=0.3).params, atol=1e-15)
    assert_allclose(affine_matrix(scale=(2, 3)), transform.AffineTransform(scale=(2, 3)).params)
    assert_allclose(affine_matrix(translation=(4, -5)), transform.AffineTransform(translation=(4, -5)).params)
    assert_allclose(
        affine_matrix((2, 3), 0.3, 0.0, (4, -5)),
        transform.AffineTransform(scale=(2, 3), rotation=0.3, translation=(4, -5)).params,
    )
    assert_allclose(affine_matrix(shear=np.pi / 4) @ [2, 3, 1], [5, 3, 1])


@given(*[st.floats(-3, 3)] * 6)
@reproducible
def test_affine_matrix_is_the_product_of_its_parts(sx, sy, rotation, shear, tx, ty):
    shear = shear / 3
    parts = (
        affine_matrix(translation=(tx, ty)),
        affine_matrix(rotation=rotation),
        affine_matrix(shear=shear),
        affine_matrix(scale=(sx, sy)),
    )
    whole = affine_matrix((sx, sy), rotation, shear, (tx, ty))
    assert_allclose(whole, np.linalg.multi_dot(parts), atol=1e-12)
    assert_allclose(np.linalg.det(whole), sx * sy, atol=1e-9)


def in_pixels(matrix, height, width):
    """The same map between pixel coordinates (column, row)."""
    centre = affine_matrix(translation=((width - 1) / 2, (height - 1) / 2))
    return centre @ matrix @ np.linalg.inv(centre)


def warped_by_scipy(image, matrix):
    """SciPy's bilinear warp with zeros all round; its axes are (row, column)."""
    back = np.linalg.inv(in_pixels(matrix, *image.shape[:2]))
    swapped, offset = back[:2, :2][::-1, ::-1], back[:2, 2][::-1]
    channels = [
        ndimage.affine_transform(channel, swapped, offset, order=1, mode="grid-constant")
        for channel in np.moveaxis(image, 2, 0)
    ]
    return np.stack(channels, axis=2)


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.tuples(*[st.floats(0.3, 3)] * 2),
    st.floats(-4, 4),
    st.floats(-1, 1),
    st.tuples(*[st.floats(-8, 8)] * 2),
)
@reproducible
def test_warps_are_scipys(height, width, scale, rotation, shear, translation):
    image, matrix = picture(height, width, 2, seed=height), affine_matrix(scale, rotation, shear, translation)
    assert_allclose(warp_affine(image, matrix), warped_by_scipy(image, matrix), atol=1e-9)


def test_warps_are_scikit_images_inside():
    image, matrix = picture(30, 40), affine_matrix((1.4, 1.3), 0.1, 0.05, (1, -2))
    inverse = np.linalg.inv(in_pixels(matrix, 30, 40))
    theirs = transform.warp(image, transform.ProjectiveTransform(inverse), order=1)
    assert_allclose(warp_affine(image, matrix), theirs, atol=1e-9)


def test_warps_of_whole_pixels_are_exact():
    image = picture(6, 6)
    assert_array_equal(warp_affine(image, np.eye(3)), image)
    assert_allclose(warp_affine(image, affine_matrix(rotation=np.pi / 2)), np.rot90(image, -1), atol=1e-14)
    assert_allclose(warp_affine(image, affine_matrix(scale=(-1, 1))), flip_left_right(image), atol=1e-15)
    assert_array_equal(warp_affine(image, affine_matrix(translation=(2, 0)))[:, 2:], image[:, :-2])
    assert_array_equal(warp_affine(image, affine_matrix(translation=(1e9, -1e9))), np.zeros_like(image))


def test_lens_distortion_by_hand_and_along_the_ray():
    assert_allclose(radial_distort([[3, 4], [0, 0], [-1, 0]], -0.01), [[2.25, 3], [0, 0], [-0.99, 0]])
    points = np.random.default_rng(7).normal(size=(20, 2))
    out = radial_distort(points, 0.3)
    assert_allclose(np.cross(np.c_[points, 0 * out[:, 0]], np.c_[out, 0 * out[:, 0]]), 0, atol=1e-12)


# --------------------------------------------------------------------------------------------------------- sound


@pytest.mark.parametrize("snr_db", [-10, 0, 20])
def test_noise_is_white_gaussian_and_as_loud_as_asked(snr_db):
    sound = tone(0.03, 20_000, 0.8)
    noise = add_white_noise(sound, snr_db, np.random.default_rng(8)) - sound
    assert 10 * np.log10(np.mean(sound**2) / np.mean(noise**2)) == pytest.approx(snr_db, abs=0.4)
    assert stats.kstest(noise / noise.std(), stats.norm.cdf).pvalue > 1e-3
    _, density = signal.welch(noise, nperseg=256)
    assert density[5:-5].max() / density[5:-5].min() < 3  # a flat spectrum
    assert np.abs(add_white_noise(np.full(100, 0.99), 0, np.random.default_rng(9))).max() > 1  # it is not clipped


def test_silence_stays_silent():
    assert_array_equal(add_white_noise(np.zeros(5), 10, np.random.default_rng(0)), np.zeros(5))


@given(st.integers(2, 60), st.floats(0.1, 4))
@reproducible
def test_resampled_sounds(n, factor):
    sound = np.random.default_rng(n).uniform(-1, 1, n)
    out = resample(sound, factor)
    assert out.shape == (round(n * factor),)
    if len(out) > 1:
        assert (out[0], out[-1]) == (sound[0], sound[-1])
        places = np.arange(len(out)) * (n - 1) / (len(out) - 1)
        assert_allclose(out, ndimage.map_coordinates(sound, [places], order=1, mode="nearest"), atol=1e-9)
    line = 0.25 * np.arange(n)
    assert_allclose(np.diff(resample(line, factor), 2), 0, atol=1e-9)


def measured(sound):
    """Frequency of the strongest sine of the middle of a sound, by a periodogram, and its level (amplitude)."""
    middle = sound[len(sound) // 4 : 3 * len(sound) // 4]
    frequencies, power = signal.periodogram(middle, window="hann", nfft=16 * len(middle))
    return frequencies[np.argmax(power)], np.sqrt(2 * np.mean(middle**2))


@pytest.mark.parametrize("rate", [0.5, 0.63, 0.9, 1.0, 1.25, 1.7, 2.0])
@pytest.mark.parametrize("frequency", [0.01, 6.5 / 128, 0.123, 0.3])
def test_a_stretched_sine_keeps_frequency_and_level(frequency, rate):
    out = time_stretch(tone(frequency, 9000), rate)
    assert len(out) == round(9000 / rate)
    found, level = measured(out)
    assert found == pytest.approx(frequency, rel=0.004)
    assert 20 * np.log10(level / 0.5) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("rate", [0.6, 1.5])
def test_a_stretched_chirp_glides_as_slowly_as_asked(rate):
    times = np.arange(16_000)
    out = time_stretch(0.5 * signal.chirp(times, 0.02, 16_000, 0.1), rate)
    frequencies, places, power = signal.spectrogram(out, nperseg=1024, noverlap=512, nfft=8192)
    found = frequencies[power.argmax(axis=0)]
    inside = (places > 1500) & (places < len(out) - 1500)
    expected = 0.02 + 0.08 * places[inside] * rate / 16_000
    assert_allclose(found[inside], expected, atol=0.005)  # the glide within a frame, and a bin


def test_a_rate_of_one_changes_nothing():
    sound = np.random.default_rng(10).normal(size=5000)
    assert_allclose(time_stretch(sound, 1), sound, atol=1e-8)
    assert_allclose(time_stretch(sound, 1, frame=300, hop=50), sound, atol=1e-8)
    assert_allclose(pitch_shift(sound, 0), sound, atol=1e-8)


@given(st.integers(1, 3000), st.floats(0.3, 3), st.sampled_from([(1024, 256), (256, 64), (100, 50), (64, 7)]))
@reproducible
def test_the_length_is_right_for_any_sound(n, rate, frames):
    out = time_stretch(np.ones(n), rate, *frames)
    assert out.shape == (round(n / rate),)
    assert np.all(np.isfinite(out))


def test_other_frames():
    found, level = measured(time_stretch(tone(0.08, 5000), 1.3, frame=512, hop=128))
    assert found == pytest.approx(0.08, rel=0.004)
    assert level == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize("semitones", [-12, -7, -0.5, 1, 4, 12])
def test_a_shifted_sine_has_its_new_pitch(semitones):
    out = pitch_shift(tone(0.06, 9000), semitones)
    assert len(out) == 9000
    assert measured(out)[0] == pytest.approx(0.06 * 2 ** (semitones / 12), rel=0.004)


# ---------------------------------------------------------------------------------------------------- all of them

GRAY, IMAGE, SOUND = np.ones((3, 4)), np.ones((3, 4, 3)), np.ones(5)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "function, args, message",
    [
        (flip_left_right, (GRAY,), r"image has shape \(3, 4\), it should be \(any, any, any\)"),
        (flip_up_down, (SOUND,), r"image has shape"),
        (random_crop, (IMAGE, 4, RNG), "size is 4, it should be at least 1 and at most 3"),
        (random_crop, (IMAGE, 0, RNG), "size is 0"),
        (random_crop, (GRAY, 2, RNG), "image has shape"),
        (pad_and_crop, (IMAGE, -1, RNG), "padding is -1"),
        (pad_and_crop, (IMAGE, 0.5, RNG), "padding is 0.5, it should be a whole number"),
        (random_resized_crop_box, (0, 3, (0.1, 1), (1, 1), RNG), "height is 0"),
        (random_resized_crop_box, (3, 2.5, (0.1, 1), (1, 1), RNG), "width is 2.5"),
        (
            random_resized_crop_box,
            (3, 3, (0.5, 0.1), (1, 1), RNG),
            r"area_range\[0\] is 0.5, it should be above 0 and at most 0.1",
        ),
        (random_resized_crop_box, (3, 3, (0.1, 1), (0, 1), RNG), r"aspect_range\[0\] is 0.0"),
        (random_resized_crop_box, (3, 3, 0.5, (1, 1), RNG), "area_range has shape"),
        (resized_shape, (0, 3, 2), "height is 0"),
        (resized_shape, (3, 0, 2), "width is 0"),
        (resized_shape, (3, 3, 0), "short_side is 0"),
        (ten_crop, (IMAGE, 4), "size is 4"),
        (ten_crop, (GRAY, 1), "image has shape"),
        (adjust_brightness, (GRAY, 0.1), "image has shape"),
        (adjust_contrast, (GRAY, 0.1), "image has shape"),
        (contrast_normalize, (IMAGE, [1, 2]), r"alphas has shape \(2,\), it should be \(3,\)"),
        (to_grayscale, (np.ones((2, 2, 1)),), r"image has shape \(2, 2, 1\), it should be \(any, any, 3\)"),
        (adjust_saturation, (np.ones((2, 2, 4)), 1), "image has shape"),
        (per_image_standardization, (GRAY,), "image has shape"),
        (pca_color_basis, (IMAGE,), r"pixels has shape \(3, 4, 3\), it should be \(any, 3\)"),
        (pca_color_basis, (np.ones((0, 3)),), "the number of pixels is 0"),
        (pca_color_offset, (GRAY, np.ones(3), np.eye(3), np.ones(3)), "image has shape"),
        (pca_color_offset, (IMAGE, np.ones(2), np.eye(3), np.ones(3)), "eigenvalues has shape"),
        (pca_color_offset, (IMAGE, np.ones(3), np.ones(3), np.ones(3)), "eigenvectors has shape"),
        (pca_color_offset, (IMAGE, np.ones(3), np.eye(3), np.ones(1)), "alphas has shape"),
        (affine_matrix, (2,), r"scale has shape \(\), it should be \(2,\)"),
        (affine_matrix, ((1, 1), 0.0, 0.0, (1, 2, 3)), "translation has shape"),
        (warp_affine, (GRAY, np.eye(3)), "image has shape"),
        (warp_affine, (IMAGE, np.eye(2)), r"matrix has shape \(2, 2\), it should be \(3, 3\)"),
        (warp_affine, (IMAGE, np.zeros((3, 3))), "Singular"),
        (radial_distort, (np.ones(2), 0.1), r"points has shape \(2,\), it should be \(any, 2\)"),
        (add_white_noise, (GRAY, 10, RNG), "signal has shape"),
        (add_white_noise, (np.ones(0), 10, RNG), "the number of samples of signal is 0"),
        (resample, (GRAY, 2), "signal has shape"),
        (resample, (SOUND, 0), "factor is 0, it should be above 0"),
        (time_stretch, (GRAY, 2), "signal has shape"),
        (time_stretch, (SOUND, 0), "rate is 0, it should be above 0"),
        (time_stretch, (SOUND, 1, 1), "frame is 1, it should be a whole number of at least 2"),
        (time_stretch, (SOUND, 1, 64, 33), "hop is 33, it should be at least 1 and at most 32"),
        (time_stretch, (SOUND, 1, 64, 0), "hop is 0"),
        (pitch_shift, (GRAY, 1), "signal has shape"),
        (pitch_shift, (np.ones(0), 1), "the number of samples of signal is 0"),
    ],
)
def test_bad_arguments_are_named(function, args, message):
    with pytest.raises(ValueError, match=message):
        function(*args)


def rng_of(seed):
    return np.random.default_rng(seed)


CALLS = {
    "flip_left_right": lambda image, sound: flip_left_right(image),
    "flip_up_down": lambda image, sound: flip_up_down(image),
    "random_crop": lambda image, sound: random_crop(image, 3, rng_of(1)),
    "pad_and_crop": lambda image, sound: pad_and_crop(image, 1, rng_of(1)),
    "ten_crop": lambda image, sound: ten_crop(image, 3),
    "adjust_brightness": lambda image, sound: adjust_brightness(image, 0.1),
    "adjust_contrast": lambda image, sound: adjust_contrast(image, 0.5),
    "contrast_normalize": lambda image, sound: contrast_normalize(image, (1, 2, 0)),
    "to_grayscale": lambda image, sound: to_grayscale(image),
    "adjust_saturation": lambda image, sound: adjust_saturation(image, 0.5),
    "per_image_standardization": lambda image, sound: per_image_standardization(image),
    "pca_color_offset": lambda image, sound: pca_color_offset(image, (1, 1, 1), np.eye(3), (1, 2, 3)),
    "warp_affine": lambda image, sound: warp_affine(image, np.eye(3)),
    "add_white_noise": lambda image, sound: add_white_noise(sound, 10, rng_of(1)),
    "resample": lambda image, sound: resample(sound, 1),
    "time_stretch": lambda image, sound: time_stretch(sound, 1, 64, 16),
    "pitch_shift": lambda image, sound: pitch_shift(sound, 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_whole_numbers_do_and_inputs_stay_as_they_are(name):
    rng = np.random.default_rng(11)
    image, sound = rng.integers(0, 2, (5, 4, 3)), rng.integers(-1, 2, 80)
    before = image.copy(), sound.copy()
    out = CALLS[name](image, sound)
    assert out.dtype == np.float64
    assert_array_equal(out, CALLS[name](image.astype(float), sound.astype(float)))
    held = image.astype(float), sound.astype(float)
    result = CALLS[name](*held)
    result += 1.0  # writing into a result leaves the input alone
    assert_array_equal(image, before[0])
    assert_array_equal(sound, before[1])
    assert_array_equal(held[0], before[0])
    assert_array_equal(held[1], before[1])


def test_the_same_seed_gives_the_same():
    for draw in (
        lambda rng: random_crop(picture(20, 20), 2, rng),
        lambda rng: pad_and_crop(picture(5, 5), 9, rng),
        lambda rng: np.array(random_resized_crop_box(500, 500, (0.1, 0.5), (0.5, 2), rng)),
        lambda rng: add_white_noise(np.ones(9), 3, rng),
    ):
        assert_array_equal(draw(rng_of(5)), draw(rng_of(5)))
        assert not np.array_equal(draw(rng_of(5)), draw(rng_of(6)))


def test_every_function_says_what_it_does():
    for name, function in inspect.getmembers(augmentation, inspect.isfunction):
        assert function.__doc__ or name.startswith("_") or name.startswith("require_")
