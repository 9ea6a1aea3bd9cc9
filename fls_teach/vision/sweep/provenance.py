"""Origin of records: runs that are compared must share their images; any other difference in origin is reported."""

from collections import Counter

from fls_teach.vision.run import Run

COMPARED = {
    "engines": lambda record: record.get("engine", "unknown"),
    "devices": lambda record: record.get("device", "unknown"),
    "instruction sets of CPUs": lambda record: record.get("instructions"),
    "versions of torch": lambda record: record.get("versions", {}).get("torch", "unknown"),
    "versions of fls_teach": lambda record: record.get("versions", {}).get("fls_teach", "unknown"),
}
"""Functions that return how a record was made. None means unknown and is not compared. Records of earlier versions
contain neither their engine nor the instruction set that torch chose for their CPU."""


class Images:
    """Digests of the images that runs were trained on; the first record with given settings determines the digest.

    Parameters
    ----------
    records : iterable of dict
    """

    def __init__(self, records=()):
        self._seen = {}
        for record in records:
            self.add(record)

    def expected(self, run):
        """Return the digests of "train" and "test" images that `run` must have; None if there is no record yet."""
        return {part: self._seen.get(key) for part, key in _keys(run).items()}

    def add(self, record):
        """Store the digests of `record` where there are none yet."""
        for part, key in _keys(Run(**record["run"])).items():
            if (digest := _digest(record, part)) is not None:
                self._seen.setdefault(key, digest)

    def check(self, record):
        """Add `record`, or raise a ValueError if it was trained on other images."""
        run = Run(**record["run"])
        for part, digest in self.expected(run).items():
            refuse_others(run, part, _digest(record, part), digest)
        self.add(record)


def refuse_others(run, part, found, wanted):
    """Raise a ValueError that names both digests, unless they agree or `wanted` is None."""
    if wanted not in (None, found):
        raise ValueError(
            f"the {part} images of '{run.data}' are not those of the runs finished earlier: digest {found}, not "
            f"{wanted} (another folder of data, generator, version or machine?); mixing them would mislead, so name "
            "another folder for the results"
        )


def _digest(record, part):
    return record.get("images", {}).get(part)


def _keys(run):
    """Return a key for each part ("test", "train"); runs with the same key have the same images in this part."""
    common = run.data, run.n_classes, run.class_list, run.coarse, run.dimension, run.noise, run.image_size
    test_seed = run.seed if run.test_per_seed else None
    return {
        "test": ("test", *common, run.n_test, test_seed),
        "train": ("train", *common, run.n, run.n_validation, run.seed),
    }


def mixtures(records):
    """Return a sentence for every property in which `records` that are compared should agree but differ.

    Examples
    --------
    >>> images = {"train": "5f", "test": "0c"}
    >>> alike = {"run": {}, "images": images, "device": "cpu", "versions": {"torch": "2.0", "fls_teach": "1"}}
    >>> mixtures([{**alike, "engine": "fused"}, {**alike, "engine": "fused"}, {**alike, "engine": "one by one"}])
    ['Mixed engines: fused (2 runs), one by one (1 run). They round differently, which training amplifies.']
    """
    records = list(records)
    found = {name: Counter(filter(None, map(read, records))) for name, read in COMPARED.items()}
    mixed = [
        f"Mixed {name}: {_counts(each)}. They round differently, which training amplifies."
        for name, each in found.items()
        if len(each) > 1
    ]
    return [*mixed, *_mixed_sources(records), *_mixed_images(records)]


def _mixed_sources(records):
    """Return a sentence for each user's model or data set whose file was changed during the sweep."""
    digests = {}
    for record in records:
        for field, digest in record.get("sources", {}).items():
            digests.setdefault(record["run"][field], Counter())[digest] += 1
    return [
        f"Mixed versions of '{name}': {_counts(each)}. Its file changed between these runs."
        for name, each in digests.items()
        if len(each) > 1
    ]


def _mixed_images(records):
    """Return a sentence for each part with different images, which only folders of earlier versions can contain."""
    digests = {}
    for record in records:
        for part, key in _keys(Run(**record["run"])).items():
            digests.setdefault(key, Counter())[_digest(record, part)] += 1
    return [
        f"Mixed {key[0]} images: {_counts(each)}. Differences between these runs mean nothing."
        for key, each in digests.items()
        if len(each) > 1
    ]


def _counts(each):
    return ", ".join(f"{value} ({count} run{'s' * (count > 1)})" for value, count in sorted(each.items(), key=str))


def kind(run):
    """Return the fields that runs must share to be compared: all but c, learning rate and seed."""
    return tuple(value for name, value in vars(run).items() if name not in ("c", "lr", "seed"))


def engine_of(records):
    """Return the engine that trained all `records`; None if there are several, or none is known."""
    engines = {record.get("engine") for record in records}
    return engines.pop() if len(engines) == 1 else None
