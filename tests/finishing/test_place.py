import numpy as np
import pytest

from packshot.cutout import CutOut
from packshot.finishing import paper
from packshot.finishing.place import Subject, lift, place
from packshot.images.decode import Picture, read

from .drawn import box_of, product, real, shape


def lifted(rgb, alpha=None) -> Subject:
    subject = lift(Picture(rgb, alpha, "PNG", False), onto_white=True)
    assert isinstance(subject, Subject), subject
    return subject


@pytest.mark.parametrize("tone", [(255, 255, 255), (248, 246, 243), (238, 240, 244)])
def test_paper_becomes_exactly_white_and_the_product_keeps_its_colour(tone):
    rgb = product(paper=tone, noise=1.0)
    out, _ = place(lifted(rgb), 400, 400, 0.85)
    left, top, right, bottom = box_of(out)
    outside = np.ones(out.shape[:2], bool)
    outside[top - 12 : bottom + 12, left - 12 : right + 12] = False
    assert (out[outside] == 255).all()
    middle = out[120:280, 180:220].mean((0, 1))
    assert np.abs(middle - np.array([180, 40, 30]) * 255 / np.array(tone)).max() < 6


@pytest.mark.parametrize("frame", [(400, 400), (300, 500), (500, 300)])
@pytest.mark.parametrize("fill", [0.8, 0.9])
def test_the_product_is_centred_and_fills_its_share(frame, fill):
    width, height = frame
    out, scale = place(lifted(product()), width, height, fill)
    left, top, right, bottom = box_of(out)
    assert abs((left + right) / 2 - width / 2) <= 2
    assert abs((top + bottom) / 2 - height / 2) <= 2
    assert abs(max((right - left) / width, (bottom - top) / height) - fill) < 0.015
    assert out.shape == (height, width, 3)
    assert scale == pytest.approx(fill * min(width / 80, height / 120), rel=0.03)


def test_an_upside_down_or_transposed_picture_is_placed_alike():
    rgb = product()
    out, _ = place(lifted(rgb), 270, 270, 0.85)
    flipped, _ = place(lifted(np.ascontiguousarray(rgb[::-1, ::-1])), 270, 270, 0.85)
    assert np.abs(flipped[::-1, ::-1].astype(int) - out).max() <= 2


def test_a_product_from_its_transparency_has_no_halo():
    cover = shape(200, (0.2, 0.2, 0.7, 0.8))
    # Black under the transparent pixels, as most programs leave it: premultiplied resizing must not let it in.
    rgb = np.zeros((200, 200, 3), np.uint8)
    rgb[cover > 0] = (240, 200, 40)
    alpha = np.rint(cover * 255).astype(np.uint8)
    out, _ = place(lifted(rgb, alpha), 500, 500, 0.85)
    assert out[..., 0].min() >= 236, "a dark rim"
    assert (out[:20] == 255).all()


def test_the_edge_of_a_transparent_picture_keeps_its_own_colours():
    rgb = product(200, kind="rectangle", colour=(200, 40, 40))
    alpha = np.rint(shape(200, (0.15, 0.3, 0.55, 0.9), "rectangle") * 255).astype(np.uint8)
    left, top, _, bottom = box_of(np.repeat(255 - alpha[..., None], 3, -1))
    rgb[top:bottom, left : left + 3] = (20, 20, 220)
    out, _ = place(lifted(rgb, alpha), 400, 400, 0.85)
    left, *_ = box_of(out)
    assert np.abs(out[150:250, left + 4].mean(0) - (20, 20, 220)).max() < 12, "a blue seam"


def test_transparency_that_isolates_nothing_is_none():
    rgb = product()
    alpha = np.full(rgb.shape[:2], 254, np.uint8)
    out, plain = (place(lifted(rgb, a), 400, 400, 0.85)[0].astype(int) for a in (alpha, None))
    assert np.abs(out - plain).max() <= 4


def test_a_dark_background_leaves_no_rim():
    rgb = product(paper=(60, 90, 140), colour=(230, 210, 90), noise=0.5)
    out, _ = place(lifted(rgb), 400, 400, 0.85)
    # Neither the blue of the old background nor anything darker than the product shines through at its edge.
    assert (out[..., 2].astype(int) - out[..., 0]).max() <= 12
    assert out[..., 0].min() > 190


def test_edges_stay_soft():
    out, _ = place(lifted(product(size=400)), 400, 400, 0.85)
    row = out[200, :, 1].astype(int)
    # Between paper and product lie some in-between values, and not a wide blur.
    assert 1 <= ((row > 90) & (row < 245)).sum() <= 10


def test_dust_goes_and_a_second_part_stays():
    rgb = product(size=300, box=(0.1, 0.3, 0.45, 0.8))
    rgb[150:210, 210:260] = (30, 60, 160)
    rgb[20:22, 270:272] = (120, 120, 120)
    subject = lifted(rgb)
    assert subject.opacity[180, 230] == 1
    assert subject.opacity[21, 271] == 0
    assert subject.box[1] > 60


def test_a_soft_shadow_stays_soft_on_white():
    rgb = product(size=300, box=(0.3, 0.2, 0.7, 0.7)).astype(np.float32)
    y, x = np.mgrid[0:300, 0:300]
    rgb -= (60 * np.exp(-(((x - 150) / 60) ** 2 + ((y - 212) / 6) ** 2)))[..., None]
    subject = lifted(np.clip(rgb, 0, 255).astype(np.uint8))
    out, _ = place(subject, 300, 300, 0.85)
    below = out[box_of(out, 120)[3] + 4 :, 150, 1].astype(int)
    assert below[0] < 235, "the shadow is gone"
    assert np.abs(np.diff(below)).max() < 20, "the shadow ends hard"
    assert (out[-5:] == 255).all()


def test_a_shadow_goes_where_a_market_forbids_it():
    rgb = product(size=300, box=(0.3, 0.2, 0.7, 0.7)).astype(np.float32)
    y, x = np.mgrid[0:300, 0:300]
    rgb -= (70 * np.exp(-(((x - 150) / 70) ** 2 + ((y - 214) / 9) ** 2)))[..., None]
    picture = Picture(np.clip(rgb, 0, 255).astype(np.uint8), None, "PNG", False)
    kept, bare = lift(picture, onto_white=True), lift(picture, onto_white=True, shadow=False)
    assert isinstance(kept, Subject)
    assert isinstance(bare, Subject)
    assert kept.opacity[221, 150] > 0.15
    assert bare.opacity[221, 150] < 0.02
    assert bare.box[3] <= 214
    assert kept.box[3] >= 224
    assert bare.opacity[150, 150] == 1


def test_an_edge_on_another_colour_follows_the_pixels_not_the_flood():
    cover = shape(900, (0.1, 0.2, 0.8, 0.9))
    rgb = product(900, (0.1, 0.2, 0.8, 0.9), paper=(244, 244, 244), noise=0.5)
    subject = lift(Picture(rgb, None, "PNG", False), onto_white=False, shadow=False)
    assert isinstance(subject, Subject)
    edge = (cover > 0.02) & (cover < 0.98)
    assert np.abs(subject.opacity - cover)[edge].mean() < 0.06
    on_blue = subject.light + (1 - subject.opacity[..., None]) * (30, 60, 200)
    assert on_blue[edge][:, 1].max() < 90, "a pale rim"


def test_paper_between_a_sleeve_and_its_body_is_no_product():
    rgb = product(64, (0.15, 0.15, 0.85, 0.85), kind="rectangle", colour=(60, 60, 90))
    rgb[24:, 20:22] = 255
    subject = lift(Picture(rgb, None, "PNG", False), onto_white=False, shadow=False)
    assert isinstance(subject, Subject)
    assert subject.opacity[30:50, 20:22].max() < 0.1
    assert subject.opacity[30:50, 24:50].min() > 0.9
    # A print that no paper leads to stays.
    rgb = product(64, (0.15, 0.15, 0.85, 0.85), kind="rectangle", colour=(60, 60, 90))
    rgb[24:40, 24:40] = 255
    printed = lift(Picture(rgb, None, "PNG", False), onto_white=False, shadow=False)
    assert isinstance(printed, Subject)
    assert printed.opacity[24:40, 24:40].min() == 1


def pale_machine() -> Picture:
    """A bluish white box whose lower left side is as grey as a shadow, with a shadow to its right."""
    rgb = np.full((300, 300, 3), 250, np.float32)
    y, x = np.mgrid[0:300, 0:300]
    rgb -= (50 * np.exp(-(((x - 220) / 30) ** 2 + ((y - 262) / 8) ** 2)))[..., None]
    rgb[50:260, 60:220] = (214, 216, 238)
    rgb[180:235, 60:130] = 240
    rgb[100:170, 110:170] = 30
    return Picture(rgb.astype(np.uint8), None, "PNG", False)


@pytest.mark.parametrize("sure", [True, False])
def test_a_pale_product_is_not_bitten_where_it_looks_like_a_shadow(monkeypatch, sure):
    known = np.zeros((300, 300), np.float32)
    known[50:260, 60:220] = 1
    told = CutOut(known, "network", 0.95, None) if sure else CutOut(known, "network", 0.5, "not sure")
    monkeypatch.setattr(paper, "by_network", lambda _: told)
    subject = lift(pale_machine(), onto_white=False, shadow=False)
    assert isinstance(subject, Subject)
    assert subject.opacity[53:257, 64:216].min() > 0.9
    assert (subject.opacity[262, 235] < 0.1) == sure, "only who knows the shape may take the shadow away"


def test_a_pale_product_that_packshot_drew_keeps_its_lower_part():
    rgb = product(64, (0.2, 0.2, 0.8, 0.8), kind="rectangle", colour=(175, 172, 165))
    # Paler towards the hem, and nowhere darker at its edge.
    rgb[40:51, 13:51] = 200
    rgb[51:56, 20:40] = 240
    subject = lift(Picture(rgb, None, "PNG", False), onto_white=True, shadow=False)
    assert isinstance(subject, Subject)
    assert subject.opacity[42:49, 16:48].min() > 0.9
    assert subject.opacity[53:, 22:38].max() < 0.1, "a smudge is no product"


def test_a_product_that_touches_both_ends_is_centred_with_room_around_it():
    subject = lifted(product(box=(0.3, 0.0, 0.7, 1.0), kind="rectangle", paper=(253, 253, 253)))
    assert subject.touches == {"top", "bottom"}
    assert subject.cut == ""
    out, _ = place(subject, 300, 300, 0.8)
    _, top, _, bottom = box_of(out)
    assert abs(top - 30) <= 2
    assert abs(bottom - 270) <= 2


def test_a_product_cut_off_below_stays_at_the_frames_edge():
    subject = lifted(product(box=(0.3, 0.4, 0.7, 1.0), kind="rectangle"))
    assert subject.cut == "bottom"
    out, _ = place(subject, 300, 300, 0.8)
    assert box_of(out)[3] == 300


def test_a_room_is_no_paper():
    noise = np.random.default_rng(0).integers(0, 255, (120, 120, 3)).astype(np.uint8)
    assert paper.find(noise) is None
    assert isinstance(lift(Picture(noise, None, "PNG", False), onto_white=True), str)
    assert paper.find(np.full((100, 100, 3), 255, np.uint8)) is None


def test_real_packshots_are_found_and_white():
    files = real("grocery/images/*_iconic.jpg")
    for file in files[::9]:
        out, _ = place(lifted(read(file).rgb), 400, 400, 0.85)
        left, top, right, bottom = box_of(out, 235)
        assert max(right - left, bottom - top) / 400 == pytest.approx(0.85, abs=0.04), file
        assert (out[:8] == 255).all()
        assert (out[:, :8] == 255).all()


def test_a_small_picture_grows_without_rings_and_stains():
    rgb = product(64, kind="rectangle", colour=(60, 60, 60))
    # A faint pixel beside the product, as models and cameras leave them.
    rgb[16, 24] = 246
    out, scale = place(lifted(rgb), 1600, 1600, 0.85)
    assert scale > 20
    left, top, right, bottom = box_of(out)
    inside = out[top + 40 : bottom - 40, left + 40 : right - 40]
    assert inside.min() >= rgb.min() and inside.max() <= rgb[rgb < 200].max(), "the filter rings inside"
    away = np.ones(out.shape[:2], bool)
    away[top - 48 : bottom + 48, left - 48 : right + 48] = False
    assert (out[away] == 255).all(), "rings or stains outside"


@pytest.mark.parametrize(
    ("photo", "share", "through"),
    [("12902526", (0.39, 0.3), True), ("15365639", (0.475, 0.595), True), ("46655256", (0.25, 0.72), False)],
)
def test_paper_is_seen_through_a_handle_and_a_white_pane_stays(photo, share, through):
    rgb = read(real(f"tailwind/images/{photo}.jpg")[0]).rgb
    subject = lift(Picture(rgb, None, "JPEG", False), onto_white=False)
    assert isinstance(subject, Subject)
    x, y = (round(part * side) for part, side in zip(share, rgb.shape[1::-1], strict=True))
    assert rgb[y, x].min() > 240, "the place is white in the photo"
    assert subject.opacity[y, x] == (0 if through else 1)


def test_a_white_print_is_no_opening():
    rgb = product(400, box=(0.2, 0.2, 0.8, 0.8), kind="rectangle")
    rgb[160:240, 150:250] = 255
    subject = lift(Picture(rgb, None, "PNG", False), onto_white=False)
    assert isinstance(subject, Subject)
    assert (subject.opacity[170:230, 160:240] == 1).all()
