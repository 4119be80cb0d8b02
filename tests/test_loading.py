"""Every picture file is loaded as people see it, or refused by its name: modes, orientations, transparency, broken files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_lib.pictures import loading
from course_lib.pictures.loading import as_seen, load_picture
from tests.test_synthetic import one_sentence

ORANGE = (230, 120, 20)


def corners(picture):
    """The colour of each corner, in rounds of 32: JPEG changes a little."""
    w, h = picture.size
    places = [(1, 1), (w - 2, 1), (1, h - 2), (w - 2, h - 2)]
    return [tuple((value + 16) // 32 for value in picture.getpixel(place)) for place in places]


def four_colours():
    """Wide, and no two corners alike: whichever way it is turned or mirrored, it shows."""
    picture = Image.new("RGB", (48, 32), "white")
    for colour, box in (("red", (0, 0, 24, 16)), ("lime", (24, 0, 48, 16)), ("blue", (0, 16, 24, 32))):
        picture.paste(colour, box)
    return picture


TURNED = {  # how a camera that writes this orientation has stored the picture
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_upright(tmp_path, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = four_colours()
    if orientation > 1:
        stored = stored.transpose(TURNED[orientation])
    stored.save(tmp_path / f"a.{kind}", exif=exif)
    loaded = load_picture(tmp_path / f"a.{kind}")
    assert loaded.size == (48, 32) and corners(loaded) == corners(four_colours())


def grey16(mode, file, **more):
    ramp = np.tile(np.linspace(0, 65535, 16).astype(np.uint16), (16, 1))
    Image.frombytes(mode, (16, 16), ramp.astype({"I;16B": ">u2"}.get(mode, "<u2")).tobytes()).save(
        file, **more
    )


@pytest.mark.parametrize("mode, kind", [("I;16", "png"), ("I;16", "tif"), ("I;16B", "tif"), ("I;16", "jp2")])
def test_sixteen_bits_become_eight(tmp_path, mode, kind):
    grey16(mode, tmp_path / f"a.{kind}")
    row = np.array(load_picture(tmp_path / f"a.{kind}"))[8, :, 0]
    assert row.tolist() == np.linspace(0, 255, 16).round().tolist()


ORANGE_AS = ("RGB", "P", "YCbCr", "CMYK", "RGBA", "PA", "HSV", "RGBX")


@pytest.mark.parametrize("mode", ORANGE_AS)
def test_a_colour_stays_what_it_is_in_every_mode(mode):
    seen = as_seen(Image.new("RGB", (8, 8), ORANGE).convert(mode))
    assert seen.mode == "RGB" and np.allclose(
        seen.getpixel((4, 4)), ORANGE, atol=26 if mode in ("P", "PA") else 3
    )


@pytest.mark.parametrize("mode, kind", [("1", "png"), ("L", "jpg"), ("LA", "png"), ("P", "gif"), ("P", "bmp"), ("CMYK", "jpg"),
                                        ("CMYK", "tif"), ("YCbCr", "tif"), ("RGBA", "png"), ("RGBA", "webp"), ("LAB", "tif")])  # fmt: skip
def test_files_of_every_mode(tmp_path, mode, kind):
    """White stays white and black stays black."""
    for colour, value in (("white", 255), ("black", 0)):
        if mode == "LAB":
            picture = Image.new(mode, (8, 8), (value, 128, 128))
        else:
            picture = Image.new("RGB", (8, 8), colour).convert(mode)
        picture.save(tmp_path / f"a.{kind}")
        assert Image.open(tmp_path / f"a.{kind}").mode == mode or kind in ("webp", "gif")
        assert np.abs(np.array(load_picture(tmp_path / f"a.{kind}")).astype(int) - value).max() <= 2


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_without_a_white_are_refused_by_name(tmp_path, mode):
    Image.new(mode, (8, 8), 1).save(tmp_path / "measured.tif")
    with pytest.raises(ValueError) as error:
        load_picture(tmp_path / "measured.tif")
    one_sentence(error, "measured.tif", f"mode {mode}", "save it as")


def clear_rgba():
    return Image.new("RGBA", (8, 8), (10, 20, 30, 0))


def clear_palette():
    picture = Image.new("P", (8, 8), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.info["transparency"] = 1
    return picture


def clear_grey16():
    picture = Image.new("I;16", (8, 8), 4000)
    picture.info["transparency"] = 4000
    return picture


def clear_colour(mode, value):
    picture = Image.new(mode, (8, 8), value)
    picture.info["transparency"] = value
    return picture


@pytest.mark.parametrize("make, kind", [
    (clear_rgba, "png"), (clear_rgba, "webp"), (clear_palette, "png"), (clear_palette, "gif"), (clear_grey16, "png"),
    (lambda: Image.new("LA", (8, 8), (10, 0)), "png"), (lambda: clear_colour("RGB", (10, 20, 30)), "png"),
    (lambda: clear_colour("L", 10), "png"), (lambda: clear_rgba().convert("RGBa"), None),
])  # fmt: skip
def test_what_is_transparent_shows_white_and_no_hidden_colour(tmp_path, make, kind):
    if kind:
        make().save(
            tmp_path / f"a.{kind}",
            **({"transparency": make().info.get("transparency")} if make().info else {}),
        )
    seen = load_picture(tmp_path / f"a.{kind}") if kind else as_seen(make())
    assert seen.getcolors() == [(64, (255, 255, 255))] and "transparency" not in seen.info


def test_half_transparent_is_half_white():
    assert as_seen(Image.new("RGBA", (1, 1), (0, 0, 0, 128))).getpixel((0, 0)) == (127, 127, 127)


@pytest.mark.parametrize("kind", ["gif", "webp", "png", "tif"])
def test_of_several_pictures_the_first(tmp_path, kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / f"a.{kind}", save_all=True, append_images=frames[1:])
    red, _, blue = load_picture(tmp_path / f"a.{kind}").getpixel((4, 4))
    assert red > 240 and blue < 15


def noise():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "gif", "bmp", "tif", "jp2", "ppm"])
def test_a_file_cut_short_is_refused_by_name(tmp_path, kind):
    file = tmp_path / f"mine.{kind}"
    noise().save(file)
    whole = file.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) * 9 // 10):
        file.write_bytes(whole[:length])
        with pytest.raises(ValueError) as error:
            load_picture(file)
        one_sentence(error, f"mine.{kind}")


def test_a_broken_exif_does_not_hide_the_picture(tmp_path):
    noise().save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01")
    assert load_picture(tmp_path / "a.jpg").size == (64, 64)


@pytest.mark.parametrize(
    "side, words", [(12_000, "12000 x 12000 pixels, more than the 64 million"), (14_000, "far more")]
)
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, monkeypatch, side, words):
    with monkeypatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", None)
        Image.new("1", (side, side)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(loading, "_seen", lambda *args: pytest.fail("decoded"))
    with pytest.raises(ValueError) as error:
        load_picture(tmp_path / "bomb.png")
    one_sentence(error, "bomb.png", words, "make it smaller")


def other_files(folder):
    (folder / "words.png").write_text("hello", encoding="utf-8")
    (folder / "folder.png").mkdir()
    noise().convert("RGB").save(folder / "drawing.eps")  # would be drawn by another program
    return {
        "words.png": "is not a picture of a common kind", "folder.png": "is a folder", "none.png": "There is no file",
        "drawing.eps": "is not a picture of a common kind", "x" * 300: "name", "nul\0.png": "name",
    }  # fmt: skip


def test_what_is_no_picture(tmp_path):
    for name, words in other_files(tmp_path).items():
        with pytest.raises(ValueError) as error:
            load_picture(tmp_path / name)
        one_sentence(error, words)


def test_a_pipe_is_not_waited_for(tmp_path, monkeypatch):
    noise().save(tmp_path / "pipe.png")
    monkeypatch.setattr(Path, "is_file", lambda self: False)  # as a pipe or a device answers
    monkeypatch.setattr(Image, "open", lambda *args, **kwargs: pytest.fail("opened"))
    with pytest.raises(ValueError, match="There is no file"):
        load_picture(tmp_path / "pipe.png")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    noise().save(tmp_path / "a.png")

    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", denied)
    with pytest.raises(ValueError) as error:
        load_picture(tmp_path / "a.png")
    one_sentence(error, "a.png", "Permission denied")


@pytest.mark.parametrize("wrong", [None, 5, b"a.png", Image.new("RGB", (2, 2))])
def test_wrong_types(wrong):
    with pytest.raises(ValueError) as error:
        load_picture(wrong)
    one_sentence(error, "path")
    if not isinstance(wrong, Image.Image):
        with pytest.raises(ValueError) as error:
            as_seen(wrong)
        one_sentence(error, "PIL picture")
