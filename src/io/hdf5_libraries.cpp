#include <fmt/format.h>
#include <hdf5.h>
#include <openssl/crypto.h>
#include <zlib.h>

#include <string_view>

#include "io/hdf5.hpp"
#include "io/libraries.hpp"
#include "io/png.hpp"
#include "io/zip_archive.hpp"

namespace snnff {

std::string file_libraries() {
    unsigned major = 0, minor = 0, release = 0;
    hdf5::checked(H5get_libversion(&major, &minor, &release));
    // "OpenSSL 3.0.15 3 Sep 2024": the date says nothing more
    const std::string_view openssl = OpenSSL_version(OPENSSL_VERSION);
    return fmt::format("HDF5 {}.{}.{}, zlib {}, libzip {}, libpng {}, {}", major, minor, release,
                       zlibVersion(), libzip_version(), libpng_version(),
                       openssl.substr(0, openssl.find(' ', openssl.find(' ') + 1)));
}

void leave_open_at_exit() { hdf5::checked(H5dont_atexit()); }

}  // namespace snnff
