"""Negatives put together of two images through a mask of patches."""
import numpy as np

from .images import Images
from .parts import Figure, Gallery, Tile, run_by_run

NAME = "masks"
N_SHOWN = 4


def gather(runs, choice):
    runs = [run for run in runs if run.word("negatives.kind") == "hybrid_mask"]
    if not runs:
        return None
    return Figure(NAME, "Negatives through hybrid masks",
                  "A negative has the patches of one image where the mask is white, of another where it is black: "
                  "right nearby, wrong as a whole. An illustration drawn anew from the training images, not the masks "
                  "of the run.", run_by_run(runs, lambda run: gallery(run, choice)))


def gallery(run, choice):
    images = Images(run, "train", choice.data)
    random = np.random.default_rng(abs(int(run.amount("seed", 0, -2**64, 2**64))))
    least = int(run.amount("negatives.n_blurs_least", 5, 0, 13))
    most = int(run.amount("negatives.n_blurs_most", 9, least, 13))
    tiles = []
    for i in range(N_SHOWN):
        own, other = images(2 * i), images(2 * i + 1)
        mask = draw_mask(own.shape, int(random.integers(least, most + 1)), random)
        tiles += [Tile(own, "one image"), Tile(other, "another"), Tile(mask.astype(float), "mask"),
                  Tile(np.where(mask, own, other), "negative")]
    return Gallery("", tiles, 8, 4)


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
