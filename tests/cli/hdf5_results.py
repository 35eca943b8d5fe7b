"""No call of HDF5 whose result is left unlooked at: a driver, a filter or a block that cannot be had would be done
without, in silence. Identifiers are looked at by hdf5::Handle, results by check() of an object or by hdf5::checked().

usage: hdf5_results.py
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# They speak of errors; reclaiming is called where nothing may be thrown.
MAY_BE_IGNORED = {"H5Ewalk2", "H5Eclear2", "H5Epush2", "H5Eset_current_stack", "H5Eclose_stack", "H5Dvlen_reclaim"}
# A statement begins behind the end of another one, a brace, a label, a condition or a cast to void.
STATEMENT = re.compile(r"(?:[;{}:]|\)|\bvoid\)|static_cast<void>\()\s*(H5[A-Za-z0-9_]+)\(")


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def unlooked_at(text):
    """Names of HDF5's functions that are called as a statement."""
    return [name for name in STATEMENT.findall("{" + without_comments(text)) if name not in MAY_BE_IGNORED]


class Results(unittest.TestCase):
    def test_every_result_is_looked_at(self):
        files = [path for path in (ROOT / "src").rglob("*.[ch]pp") if "H5" in path.read_text()]
        self.assertGreater(len(files), 10)
        found = {str(path.relative_to(ROOT)): names for path in files if (names := unlooked_at(path.read_text()))}
        self.assertEqual(found, {})

    def test_a_call_that_is_not_is_found(self):
        for text, names in {
            "H5Pset_deflate(p, 4);": ["H5Pset_deflate"],
            "if (x) H5Fflush(id, scope);": ["H5Fflush"],
            "checked(H5Pset_deflate(p, 4));": [],
            "return H5FDregister(&driver);": [],
            "// as H5Fclose() does; H5Fclose(x)\nfile.check(H5Fflush(id, 0), \"\");": [],
            "static_cast<void>(H5Fclose(id));": ["H5Fclose"],
            "{ H5Eclear2(H5E_DEFAULT); }": [],
        }.items():
            with self.subTest(text):
                self.assertEqual(unlooked_at(text), names)


if __name__ == "__main__":
    unittest.main()
