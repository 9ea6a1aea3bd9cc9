"""CIFAR's binary files: read byte for byte, chosen evenly, and never trusted when damaged."""

import io
import os
import tarfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra 'vision' is not installed")

from fls_teach.vision.data import cifar  # noqa: E402
from fls_teach.vision.data.cifar import LAYOUTS, cifar_images, read_cifar  # noqa: E402
from fls_teach.vision.data.download import download_cifar  # noqa: E402

UNOFFICIAL = pytest.mark.filterwarnings("ignore:.*not the official file")


def made_records(name, n, seed=0):
    """Random images whose classes come in turn: (n, length), uint8."""
    layout = LAYOUTS[name]
    records = np.random.default_rng(seed).integers(0, 256, (n, layout.label_bytes + 3072), dtype=np.uint8)
    records[:, : layout.label_bytes] = 19  # CIFAR-100's coarse label, which is not the label
    records[:, layout.label_bytes - 1] = np.arange(n) % layout.n_classes
    return records


@pytest.fixture(params=["cifar10", "cifar100"])
def made(request, tmp_path):
    """(name, data_dir, {file: records}) of a small made data set on disk."""
    layout = LAYOUTS[request.param]
    folder = tmp_path / layout.folder
    folder.mkdir()
    records = {}
    for i, file in enumerate((*layout.train, *layout.test)):
        records[file] = made_records(request.param, 5 * layout.n_classes, seed=i)
        records[file].tofile(folder / file)
    return request.param, tmp_path, records


def test_every_byte_is_where_the_layout_says(made):
    name, data_dir, records = made
    with pytest.warns(UserWarning, match="not the official file"):
        pixels, labels = read_cifar(name, data_dir, "train")
    expected = np.concatenate([records[file] for file in LAYOUTS[name].train])
    assert pixels.shape == (len(expected), 3, 32, 32)
    i, channel, row, column = len(expected) - 2, 2, 5, 7
    at = LAYOUTS[name].label_bytes + 1024 * channel + 32 * row + column
    assert pixels[i, channel, row, column] == expected[i, at]
    assert (pixels.reshape(len(pixels), -1) == expected[:, -3072:]).all()
    assert (labels == np.arange(len(expected)) % LAYOUTS[name].n_classes).all()


@UNOFFICIAL
def test_a_choice_is_balanced_repeatable_and_nested(made):
    name, data_dir, _ = made

    def of(n, **kwargs):
        images, _ = cifar_images(name, data_dir, n=n, n_classes=4, **kwargs)
        return images, {image.numpy().tobytes() for image in images.pixels}

    images, some = of(10, seed=3)
    assert images.labels.bincount().tolist() == [3, 3, 2, 2]
    assert of(10, seed=3)[1] == some
    assert of(10, seed=4)[1] != some
    assert some < of(17, seed=3)[1]


@UNOFFICIAL
def test_zero_is_all_and_validation_images_are_nobody_elses(made):
    name, data_dir, _ = made
    train, validation = cifar_images(name, data_dir, n=0, n_validation=6, n_classes=3)
    assert cifar_images(name, data_dir, n=0, n_classes=3)[1] is None
    per_class = 5 * len(LAYOUTS[name].train)
    assert train.labels.bincount().tolist() == [per_class - 2] * 3
    assert validation.labels.bincount().tolist() == [2] * 3
    both = {image.numpy().tobytes() for part in (train, validation) for image in part.pixels}
    assert len(both) == 3 * per_class
    fewer, same = cifar_images(name, data_dir, n=3, n_validation=6, n_classes=3)
    assert len(fewer) == 3
    assert (same.pixels == validation.pixels).all()


@UNOFFICIAL
def test_classes_of_ones_choice_are_numbered_as_they_are_named(made):
    name, data_dir, records = made
    chosen, _ = cifar_images(name, data_dir, classes=(7, 2), train=False)
    (rows,) = (records[file] for file in LAYOUTS[name].test)
    seven = {row[-3072:].tobytes() for row in rows if row[LAYOUTS[name].label_bytes - 1] == 7}
    assert chosen.n_classes == 2 and chosen.labels.bincount().tolist() == [5, 5]
    assert {image.numpy().tobytes() for image in chosen.pixels[chosen.labels == 0]} == seven


@UNOFFICIAL
def test_superclasses_are_the_first_byte(tmp_path):
    path = tmp_path / "cifar-100-binary" / "test.bin"
    path.parent.mkdir()
    records = made_records("cifar100", 40)
    records[:, 0] = np.arange(40) % 20
    records.tofile(path)
    images, _ = cifar_images("cifar100", tmp_path, coarse=True, train=False)
    assert images.n_classes == 20 and images.labels.tolist() == [y for y in range(20) for _ in range(2)]
    at = {row[-3072:].tobytes(): row[0] for row in records}
    assert [at[image.numpy().tobytes()] for image in images.pixels] == images.labels.tolist()


@pytest.mark.kernels
@UNOFFICIAL
@pytest.mark.parametrize("size", [8, 16])
def test_smaller_images_are_means_over_squares(made, size):
    """By hand, rounded half up: catches a mean over the wrong axes, a wrapped sum of bytes, rounding to even."""
    name, data_dir, _ = made
    whole, small = (cifar_images(name, data_dir, n=4, n_classes=2, image_size=each)[0] for each in (32, size))
    side = 32 // size
    for image, reduced in zip(whole.pixels, small.pixels, strict=True):
        for channel, row, column in ((0, 0, 0), (1, 3, 5), (2, size - 1, size - 1)):
            square = image[channel, row * side :][:side, column * side :][:, :side].double()
            assert int(reduced[channel, row, column]) == int(square.mean() + 0.5)
    assert small.pixels.shape == (4, 3, size, size) and (small.labels == whole.labels).all()


@UNOFFICIAL
def test_a_file_is_read_once_as_long_as_it_stays_the_same(made, monkeypatch):
    """Not once for each seed; a file that is written anew is another one, though its length is the same."""
    name, data_dir, records = made
    read, md5 = [], cifar.hashlib.md5
    monkeypatch.setattr(cifar.hashlib, "md5", lambda **more: read.append(1) or md5(**more))
    for seed in range(3):
        cifar_images(name, data_dir, n=4, n_classes=2, train=False, seed=seed)
    assert len(read) == 1
    (file,) = LAYOUTS[name].test
    changed = records[file].copy()
    changed[0, LAYOUTS[name].label_bytes - 1] = 200
    changed.tofile(data_dir / LAYOUTS[name].folder / file)
    with pytest.raises(ValueError, match="image 0 has label 200"):
        cifar_images(name, data_dir, n=4, n_classes=2, train=False)


@UNOFFICIAL
@pytest.mark.parametrize(
    "request_, words",
    [
        ({"n": 1000, "n_classes": 2}, "n is 1,000 and n_validation 0, but class 0 of 2 has only"),
        ({"n": 0, "n_validation": 1000, "n_classes": 2}, "n_validation 1,000, but class 0"),
        ({"n": 4, "n_classes": 101}, "classes is 101"),
        ({"n": 4, "n_classes": 1}, "classes is 1"),
        ({"n": 4, "classes": (1, 100)}, "the classes are 1, 100; cifar"),
    ],
)
def test_more_than_there_is(made, request_, words):
    name, data_dir, _ = made
    with pytest.raises(ValueError, match=words):
        cifar_images(name, data_dir, **request_)


def test_missing_folder_says_what_to_put_where(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read '.*train.bin' \(No such file.*put train.bin, test.bin of https"):
        read_cifar("cifar100", tmp_path, "train")


def test_a_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "cifar-100-binary" / "test.bin").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"cannot read '.*test.bin' \(.*put train.bin"):
        read_cifar("cifar100", tmp_path, "test")


@pytest.mark.parametrize("left", [0, 3073, 3074 * 2 - 1])
def test_truncated(tmp_path, left):
    path = tmp_path / "cifar-100-binary" / "test.bin"
    path.parent.mkdir()
    path.write_bytes(made_records("cifar100", 2).tobytes()[:left])
    with pytest.raises(ValueError, match=f"has {left:,} bytes, not whole records of 3,074; it was cut off"):
        read_cifar("cifar100", tmp_path, "test")


@UNOFFICIAL
def test_label_out_of_range(tmp_path):
    path = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    path.parent.mkdir()
    records = made_records("cifar10", 4)
    records[2, 0] = 10
    records.tofile(path)
    with pytest.raises(ValueError, match="image 2 has label 10; wanted 0 to 9"):
        read_cifar("cifar10", tmp_path, "test")


def test_official_length_with_another_checksum_is_refused(made, monkeypatch):
    name, data_dir, records = made
    file = LAYOUTS[name].test[0]
    official = replace(LAYOUTS[name], records={file: len(records[file])}, md5={file: "0" * 32})
    monkeypatch.setitem(LAYOUTS, name, official)
    with pytest.raises(ValueError, match=f"'.*{file}' is damaged: its md5 is not 0000"):
        read_cifar(name, data_dir, "test")


@pytest.fixture
def archive(made):
    """The made data set as the archive that a server sends, with a link and a stray path in it."""
    name, data_dir, records = made
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for file in records:
            tar.add(data_dir / LAYOUTS[name].folder / file, f"{LAYOUTS[name].folder}/{file}")
        stray = tarfile.TarInfo("../outside.bin")
        tar.addfile(stray, io.BytesIO())
        link = tarfile.TarInfo(f"{LAYOUTS[name].folder}/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return buffer.getvalue()


@pytest.fixture
def server(archive):
    """A web server on this machine that has `server.content` under every path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(self.server.length or len(self.server.content)))
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.status, server.length = archive, 200, None
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def offered(made, server, monkeypatch):
    """(name, layout whose archive the server has)."""
    name, _, _ = made
    port = server.server_address[1]
    digest = cifar.hashlib.md5(server.content).hexdigest()
    url = f"http://127.0.0.1:{port}/{Path(LAYOUTS[name].url).name}"
    monkeypatch.setitem(LAYOUTS, name, replace(LAYOUTS[name], url=url, url_md5=digest))
    return name, LAYOUTS[name]


@UNOFFICIAL
def test_download_brings_these_files_and_no_others(offered, made, tmp_path):
    name, layout = offered
    target, seen = tmp_path / "new" / "data", []
    download_cifar(name, target, lambda fraction, what="": seen.append(fraction))
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files == {f"{layout.folder}/{file}" for file in (*layout.train, *layout.test)}
    assert not (tmp_path / "new" / "outside.bin").exists()
    assert seen[-1] == 1
    for part in ("train", "test"):
        for ours, theirs in zip(read_cifar(name, target, part), read_cifar(name, made[1], part), strict=True):
            assert (ours == theirs).all()


def test_what_is_there_is_not_fetched_again(offered, made, server):
    server.status = 500
    download_cifar(offered[0], made[1])


def test_download_that_goes_wrong_leaves_nothing(offered, server, tmp_path):
    name, layout = offered
    target = tmp_path / "new"
    whole = server.content
    wrongs = {
        "another md5": dict(content=whole[:-1] + b"?"),
        "Not Found": dict(status=404),
        "IncompleteRead|another md5": dict(content=whole[:1000], length=len(whole)),
    }
    for words, wrong in wrongs.items():
        server.content, server.status, server.length = whole, 200, None
        for key, value in wrong.items():
            setattr(server, key, value)
        with pytest.raises(ValueError, match=f"cannot download http.*({words}).*put .*{layout.test[0]} of http"):
            download_cifar(name, target)
        assert [path for path in target.rglob("*") if path.is_file()] == []


def test_archive_without_a_file(offered, server, monkeypatch, tmp_path):
    name, layout = offered
    monkeypatch.setitem(LAYOUTS, name, replace(layout, folder="elsewhere"))
    with pytest.raises(ValueError, match="cannot download http.*elsewhere/.* not found"):
        download_cifar(name, tmp_path / "new")


def test_endless_answer_is_given_up(offered, monkeypatch, tmp_path):
    monkeypatch.setattr("fls_teach.vision.data.download.LARGEST", 1000)
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        download_cifar(offered[0], tmp_path / "new")


def test_offline_says_which_files_to_put_where(made, monkeypatch, tmp_path):
    name, _, _ = made
    monkeypatch.setitem(LAYOUTS, name, replace(LAYOUTS[name], url="http://127.0.0.1:1/archive.tar.gz"))
    with pytest.raises(ValueError, match=r"cannot download .*Connection refused.*put .*bin of http.* into '.*new.*'"):
        download_cifar(name, tmp_path / "new")


@pytest.mark.skipif("FLS_DATA_DIR" not in os.environ, reason="FLS_DATA_DIR names no folder with cifar-100-binary")
def test_the_official_cifar_100():
    pixels, labels = read_cifar("cifar100", os.environ["FLS_DATA_DIR"], "test")  # a warning would fail
    assert pixels.shape == (10_000, 3, 32, 32)
    assert (np.bincount(labels) == 100).all()
    assert np.allclose(pixels.mean((0, 2, 3)) / 255, [0.509, 0.487, 0.442], atol=0.001)
