"""Figures show the images of whatever data the program takes: each kind against the same pixels."""
import gzip
import sys
import unittest

import h5py
import numpy as np
from matplotlib.image import imsave

from support import ROOT, CliTest

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))
from figures import confusion, samples  # noqa: E402
from figures.images import Images  # noqa: E402
from figures.parts import Choice, Lacks  # noqa: E402
from figures.run import Run  # noqa: E402

N, ROWS, COLUMNS = 24, 6, 6
MODEL = """
[data]
{data}
[time]
steps = 2
[overlay]
n_labels = 3
[population.a]
size = 5
[plan]
epochs = 1
[evaluation]
"""


class ImagesOfData(CliTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(8)
        self.x = random.integers(0, 256, (N, ROWS, COLUMNS)).astype(np.uint8)
        self.x[:, 0, 0], self.x[:, -1, -1] = 0, 255  # so that every image spans all of the scale
        self.y = np.arange(N) % 3

    def shown(self, data, split="test", **options):
        """The images of a run on such data, as figures get them."""
        self.write("m.toml", MODEL.format(data=data))
        self.good("run", "m.toml", "-q", "--force", "-o", "run.h5")
        run = Run(self.folder / "run.h5")
        self.addCleanup(run.close)
        images = Images(run, split, **options)
        return np.array([images(i) for i in range(N)])

    def same(self, found, expected=None):
        np.testing.assert_allclose(found, self.x/255.0 if expected is None else expected, atol=1e-12)

    def hdf5(self, file_name, **sets):
        with h5py.File(self.folder / file_name, "w") as file:
            for name, values in sets.items():
                file[name.replace("_in_", "/")] = values

    def test_hdf5_by_any_name_in_any_order_of_axes(self):
        flat = self.x.reshape(N, -1)
        self.hdf5("a.h5", x=flat, y=self.y)
        self.same(self.shown('kind = "hdf5"\ntrain = "a.h5"\ntest = "a.h5"'))
        self.hdf5("b.h5", images=flat, y=self.y, test_in_images=flat[::-1], test_in_y=self.y[::-1])
        keys = 'kind = "hdf5"\ntrain = "b.h5"\nx = "images"\ntest_x = "test/images"\ntest_y = "test/y"'
        self.same(self.shown(keys), self.x[::-1]/255.0)
        self.same(self.shown(keys, "train"))
        self.hdf5("c.h5", x=self.x.transpose(2, 1, 0), y=self.y)
        self.same(self.shown('kind = "hdf5"\ntrain = "c.h5"\ntest = "c.h5"\naxes = ["column", "row", "sample"]'))
        self.hdf5("d.h5", x=np.stack([self.x]*3, axis=-1), y=self.y)
        self.same(self.shown('kind = "hdf5"\ntrain = "d.h5"\ntest = "d.h5"\n'
                             'axes = ["sample", "row", "column", "channel"]'))

    def test_numpy(self):
        np.savez_compressed(self.folder / "d.npz", x_train=self.x[::-1], y_train=self.y[::-1], x_test=self.x, y_test=self.y)
        axes = 'axes = ["sample", "row", "column"]'
        self.same(self.shown(f'kind = "numpy"\ntrain = "d.npz"\ntest = "d.npz"\n{axes}'))
        self.same(self.shown(f'kind = "numpy"\ntrain = "d.npz"\ntest = "d.npz"\n{axes}', "train"), self.x[::-1]/255.0)
        np.save(self.folder / "x.npy", np.asfortranarray(self.x))
        np.save(self.folder / "y.npy", self.y)
        table = '{ x = "x.npy", y = "y.npy" }'
        self.same(self.shown(f'kind = "numpy"\ntrain = {table}\ntest = {table}\n{axes}'))

    def test_folders_of_png_images(self):
        for i, image in enumerate(self.x):
            folder = self.folder / "photos" / ("ant", "bee", "cat")[self.y[i]]
            folder.mkdir(parents=True, exist_ok=True)
            imsave(folder / f"{i:03}.png", np.stack([image]*3, axis=-1))
        self.same(self.shown('kind = "images"\ntrain = "photos"\ntest = "photos"'))
        moved = self.folder / "elsewhere"
        moved.mkdir()
        (self.folder / "photos").rename(moved / "photos")
        run = Run(self.folder / "run.h5")
        self.addCleanup(run.close)
        with self.assertRaisesRegex(Lacks, "--data FOLDER"):
            Images(run, "test")
        for folder in (moved, moved / "photos"):
            images = Images(run, "test", folder)
            self.same(np.array([images(i) for i in range(N)]))
        panel = confusion.panel(run)
        self.assertEqual(panel.marks[0].names, ["ant", "bee", "cat"])
        captions = [tile.caption for tile in samples.gallery(run, Choice(None, None, moved)).tiles]
        self.assertEqual(captions[:3], ["sample 0: ant", "sample 1: bee", "sample 2: cat"])
        # Labels have inputs of their own here, which the picture shows as rows below the image.
        self.assertGreater(samples.gallery(run, Choice(None, None, moved)).tiles[-1].image.shape[0], ROWS)

    def test_tables_and_series_are_no_images(self):
        lines = [",".join(map(str, [*image.ravel(), label])) for image, label in zip(self.x, self.y)]
        self.write("d.csv", "\n".join(lines) + "\n")
        with self.assertRaisesRegex(Lacks, "rows of a table"):
            self.shown('kind = "csv"\ntrain = "d.csv"\ntest = "d.csv"\nlabel = "-1"')
        self.hdf5("d.h5", x=np.random.default_rng(1).random((N, 2, 9)), y=self.y)
        with self.assertRaisesRegex(Lacks, "series over time"):
            self.shown('kind = "hdf5"\ntrain = "d.h5"\ntest = "d.h5"')

    def test_idx_still(self):
        header = bytes([0, 0, 8, 3, 0, 0, 0, N, 0, 0, 0, ROWS, 0, 0, 0, COLUMNS])
        for split in ("train", "t10k"):
            with gzip.open(self.folder / f"{split}-images-idx3-ubyte.gz", "wb") as file:
                file.write(header + self.x.tobytes())
            self.write(f"{split}-labels-idx1-ubyte", bytes([0, 0, 8, 1, 0, 0, 0, N]) + self.y.astype(np.uint8).tobytes())
        self.same(self.shown('folder = "."'))


if __name__ == "__main__":
    unittest.main()
