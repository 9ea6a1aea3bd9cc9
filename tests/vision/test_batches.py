"""The images of an epoch: every one once, and crop-flip's views the same for every engine and batch."""

import torch

from fls_teach.vision.training.batches import epoch_batches, epoch_views, view, whole_batches

from .made import images

DATA = images(50, 1)


def together(**change):
    """All pixels of an epoch, in the order of the images."""
    rule = {"seeds": [0], "epoch": 0, "batch": 16, "augmentation": "crop-flip"} | change
    order = torch.cat([labels for _, labels in epoch_batches(numbered(), **rule | {"augmentation": "none"})])
    pixels = torch.cat([pixels for pixels, _ in epoch_batches(numbered(), **rule)])
    return pixels[order.argsort()]


def numbered():
    """Images whose labels are their numbers."""
    return type(DATA)(DATA.pixels, torch.arange(50), 50)


def test_an_epoch_without_augmentation_is_the_images():
    assert torch.equal(together(augmentation="none"), DATA.pixels)


def test_a_view_is_a_part_of_the_image_in_its_black_frame_or_of_its_mirror_image():
    """By hand, image by image: catches rows taken for columns, a frame on one side, a mirror that is never used."""
    rows, columns = epoch_views(50, 8, 0, 0, "cpu")
    seen, shifts = view(DATA.pixels, rows, columns), set()
    for image, got, row, column in zip(DATA.pixels, seen, rows, columns, strict=True):
        framed = torch.zeros(3, 10, 10, dtype=torch.uint8)
        framed[:, 1:9, 1:9] = image
        mirrored = bool(column[0] > column[-1])
        top, left = int(row[0]), int(column.min())
        part = framed[:, top : top + 8, left : left + 8]
        assert torch.equal(got, part.flip(2) if mirrored else part)
        shifts.add((top, left, mirrored))
    assert [set(seen) for seen in zip(*shifts, strict=True)] == [{0, 1, 2}, {0, 1, 2}, {False, True}]
    assert len(shifts) > 12


def test_views_depend_on_seed_and_epoch_and_not_on_the_batches():
    """A view that went with the place in a batch would be another in a stack."""
    first = together()
    assert torch.equal(first, together(batch=7)) and torch.equal(first, together())
    assert not torch.equal(first, together(epoch=1)) and not torch.equal(first, together(seeds=[1]))


def test_runs_of_several_seeds_have_the_batches_that_each_has_alone():
    for pixels, labels in epoch_batches(DATA, [3, 4], 2, 30, "crop-flip"):
        assert pixels.shape[:2] == labels.shape == (2, len(labels[0]))
    both = list(epoch_batches(DATA, [3, 4], 2, 30, "crop-flip"))
    for member, seed in enumerate((3, 4)):
        alone = list(epoch_batches(DATA, [seed, seed], 2, 30, "crop-flip"))
        for (pixels, labels), (own, own_labels) in zip(both, alone, strict=True):
            assert torch.equal(pixels[member], own) and torch.equal(labels[member], own_labels)


def test_whole_batches_leave_out_a_smaller_last_one():
    """A norm over the two images of a last batch would count as much as one over 64."""
    assert [len(part) for part in whole_batches(DATA.pixels, 16)] == [16, 16, 16]
    assert [len(part) for part in whole_batches(DATA.pixels, 64)] == [50]
