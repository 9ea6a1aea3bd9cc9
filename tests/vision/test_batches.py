"""The images of an epoch: every one once, and crop-flip's views the same for every engine and batch."""

import pytest
import torch

from fls_teach.vision.data.dataset import Data
from fls_teach.vision.run import Run
from fls_teach.vision.training import inputs
from fls_teach.vision.training.batches import Draw, epoch_batches, epoch_views, framed, view, whole_batches
from fls_teach.vision.training.inputs import Inputs, parts

from .made import images

pytestmark = pytest.mark.kernels
DATA = images(50, 1)


def as_they_are(*sets, augmentation="none"):
    """Sets of images whose labels are their numbers, without a normalisation."""
    sets = [type(images)(images.pixels, torch.arange(50), 50) for images in sets]
    return Inputs(sets, len(sets) * [lambda pixels: pixels], Run(), frame=augmentation == "crop-flip")


def batches(draws, batch=30, augmentation="crop-flip", sets=(DATA,)):
    return list(epoch_batches(as_they_are(*sets, augmentation=augmentation), draws, batch, augmentation))


def together(draw=Draw(0, 0, 0), **rule):  # noqa: B008  (immutable)
    """All pixels of an epoch, in the order of the images."""
    pixels, labels = map(torch.cat, zip(*batches([draw], **{"batch": 16} | rule), strict=True))
    return pixels[labels.argsort()]


def test_an_epoch_without_augmentation_is_the_images():
    assert torch.equal(together(augmentation="none"), DATA.pixels)


def test_a_view_is_a_part_of_the_image_in_its_black_frame_or_of_its_mirror_image():
    """By hand, image by image: catches rows taken for columns, a frame on one side, a mirror that is never used."""
    rows, columns = epoch_views(50, 8, 0, 0, "cpu")
    seen, shifts = view(framed(DATA.pixels), rows, columns), set()
    for image, got, row, column in zip(DATA.pixels, seen, rows, columns, strict=True):
        frame = torch.zeros(3, 10, 10, dtype=torch.uint8)
        frame[:, 1:9, 1:9] = image
        mirrored = bool(column[0] > column[-1])
        top, left = int(row[0]), int(column.min())
        part = frame[:, top : top + 8, left : left + 8]
        assert torch.equal(got, part.flip(2) if mirrored else part)
        shifts.add((top, left, mirrored))
    assert [set(seen) for seen in zip(*shifts, strict=True)] == [{0, 1, 2}, {0, 1, 2}, {False, True}]
    assert len(shifts) > 12


def test_views_depend_on_seed_and_epoch_and_not_on_the_batches():
    """A view that went with the place in a batch would be another in a stack."""
    first = together()
    assert torch.equal(first, together(batch=7)) and torch.equal(first, together())
    assert not torch.equal(first, together(Draw(0, 0, 1))) and not torch.equal(first, together(Draw(0, 1, 0)))


def test_members_of_several_sets_seeds_and_epochs_have_the_batches_that_each_has_alone():
    """Two of them alike: catches an order, a view or an image of another member."""
    draws, sets = [Draw(0, 3, 2), Draw(1, 4, 2), Draw(0, 3, 5), Draw(1, 4, 2)], (DATA, images(50, 2))
    for augmentation in ("none", "crop-flip"):
        both = batches(draws, augmentation=augmentation, sets=sets)
        assert [pixels.shape[:2] for pixels, _ in both] == [labels.shape for _, labels in both] == [(4, 30), (4, 20)]
        for member, draw in enumerate(draws):
            alone = batches([draw._replace(which=0)], augmentation=augmentation, sets=sets[draw.which :][:1])
            for (pixels, labels), (own, own_labels) in zip(both, alone, strict=True):
                assert torch.equal(pixels[member], own) and torch.equal(labels[member], own_labels)


CHANGES = {
    "kept": {},
    "normalised by batches": {"most": 0},
    "channels last": {"channels_last": True},
    "channels last, by batches": {"channels_last": True, "most": 0},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_inputs_are_the_normalised_views_whatever_is_kept(monkeypatch, change):
    """The frame is black before it is normalised: a frame of zeros would be grey."""
    monkeypatch.setattr(inputs, "KEPT_ON_CPU", change.get("most", inputs.KEPT_ON_CPU))
    data, run = Data(DATA, images(20, 2)), Run(augmentation="crop-flip")
    normalise, last = data.normaliser(), change.get("channels_last", False)
    found = parts([data], [normalise], run, last)
    assert set(found) == {"train", "test", "shown"}
    for (pixels, _), (seen, _) in zip(
        batches([Draw(0, 0, 0)]), epoch_batches(found["shown"], [Draw(0, 0, 0)], 30, "crop-flip"), strict=True
    ):
        assert torch.equal(seen, normalise(pixels))
    for part in ("train", "test"):
        whole = torch.cat([pixels for pixels, _ in found[part].split(16)])
        assert torch.equal(whole, normalise(getattr(data, part).pixels))
        first, labels = next(found[part].split(16))
        assert first.is_contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
        assert torch.equal(labels, getattr(data, part).labels[:16])


def test_inputs_of_a_network_in_bf16_are_rounded_once(monkeypatch):
    """As autocast rounds them; what one's own network does first is not known."""
    data = Data(DATA, images(20, 2))
    ours, own = (
        parts([data], [data.normaliser()], Run(precision="bf16", model=model))["train"].pixels
        for model in ("cnn5", "mine:net")
    )
    assert own.dtype == torch.float32 and torch.equal(ours, own.bfloat16())


def test_whole_batches_leave_out_a_smaller_last_one():
    """A norm over the two images of a last batch would count as much as one over 64."""
    assert [len(part) for part in whole_batches(DATA.pixels, 16)] == [16, 16, 16]
    assert [len(part) for part in whole_batches(DATA.pixels, 64)] == [50]
