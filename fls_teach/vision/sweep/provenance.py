"""Where records come from: runs that are compared share their images, and a mixture of anything else is named."""

from collections import Counter

from fls_teach.vision.run import Run

COMPARED = {
    "engines": lambda record: record.get("engine", "unknown"),
    "devices": lambda record: record.get("device", "unknown"),
    "instruction sets of CPUs": lambda record: record.get("instructions"),
    "versions of torch": lambda record: record.get("versions", {}).get("torch", "unknown"),
    "versions of fls_teach": lambda record: record.get("versions", {}).get("fls_teach", "unknown"),
}
"""What a record says of how it was made; None, where it says nothing, is compared with nothing. Records of earlier
versions do not name their engine, nor what instructions torch chose for their CPU."""


class Images:
    """Digests of the images that runs were trained on: the first record of its kind says what the others must have.

    Parameters
    ----------
    records : iterable of dict
    """

    def __init__(self, records=()):
        self._seen = {}
        for record in records:
            self.add(record)

    def expected(self, run):
        """The digests that `run` must have: "train" and "test", None where any will do."""
        return {part: self._seen.get(key) for part, key in _keys(run).items()}

    def add(self, record):
        """Take note of the digests of `record`, where there are none yet."""
        for part, key in _keys(Run(**record["run"])).items():
            if (digest := _digest(record, part)) is not None:
                self._seen.setdefault(key, digest)

    def check(self, record):
        """Add `record`, or raise a ValueError in one sentence if it was trained on other images."""
        run = Run(**record["run"])
        for part, digest in self.expected(run).items():
            refuse_others(run, part, _digest(record, part), digest)
        self.add(record)


def refuse_others(run, part, found, wanted):
    """Raise a ValueError that names both digests, unless they agree or none is `wanted`."""
    if wanted not in (None, found):
        raise ValueError(
            f"the {part} images of '{run.data}' are not those of the runs finished earlier: digest {found}, not "
            f"{wanted} (another folder of data, generator, version or machine?); mixing them would mislead, so name "
            "another folder for the results"
        )


def _digest(record, part):
    return record.get("images", {}).get(part)


def _keys(run):
    """Runs with the same key for a part have the same images in it."""
    common = run.data, run.n_classes, run.class_list, run.coarse, run.dimension, run.noise, run.image_size
    test_seed = run.seed if run.test_per_seed else None
    return {
        "test": ("test", *common, run.n_test, test_seed),
        "train": ("train", *common, run.n, run.n_validation, run.seed),
    }


def mixtures(records):
    """A sentence for everything in which `records`, which are compared, should be alike and are not.

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
    """Of one's own models and data: their file was changed while the sweep was not done."""
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
    """Only folders of earlier versions, which looked at their records once, hold runs on different images."""
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
    """What runs that are compared with each other share: all but c, learning rate and seed."""
    return tuple(value for name, value in vars(run).items() if name not in ("c", "lr", "seed"))


def engine_of(records):
    """The engine that all `records` were trained by; None if there are none, several, or one does not say it."""
    engines = {record.get("engine") for record in records}
    return engines.pop() if len(engines) == 1 else None
