"""Negatives put together of two images through a mask of patches."""
import numpy as np

from .images import Images
from .parts import Figure, Gallery, Group, Tile, gap_unless

NAME = "masks"
N_SHOWN = 4


def gather(runs, choice):
    groups = []
    for run in runs:
        if run.option("negatives.kind") == "hybrid_mask":
            parts = gap_unless("Masks", lambda run=run: gallery(run, choice))
            groups.append(Group(parts, columns=1, heading=run.label if len(runs) > 1 else ""))
    return Figure(NAME, "Negatives through hybrid masks",
                  "A negative has the patches of one image where the mask is white, of another where it is black: right "
                  "nearby, wrong as a whole. An illustration drawn anew from the training images, not the masks of the "
                  "run.", groups) if groups else None


def gallery(run, choice):
    images = Images(run, "train", choice.data)
    random = np.random.default_rng(int(run.option("seed", 0)))
    least, most = (int(run.model["negatives"].get(key, default))
                   for key, default in (("n_blurs_least", 5), ("n_blurs_most", 9)))
    tiles = []
    for i in range(N_SHOWN):
        own, other = images(2 * i), images(2 * i + 1)
        mask = draw_mask(own.shape, int(random.integers(least, most + 1)), random)
        tiles += [Tile(own, "one image"), Tile(other, "another"), Tile(mask.astype(float), "mask"),
                  Tile(np.where(mask, own, other), "negative")]
    return Gallery("", tiles, 8)


def draw_mask(shape, n_blurs, random):
    """Random bits, blurred n_blurs times with [1 2 1; 2 4 2; 1 2 1]/16 at symmetric borders, above one half.

    Source: Hinton, The Forward-Forward algorithm (2022), section 3.2.
    """
    image = random.integers(0, 2, shape).astype(float)
    for _ in range(n_blurs):
        wide = np.pad(image, 1, mode="symmetric")
        rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
        image = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16
    return image > 0.5
