# Everything comes from the distribution; README says what each is for.
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(TBB REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG 1.6 REQUIRED)
# libzip's own CMake files name programs that Debian packs apart (zipcmp), and fail without them.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(HDF5 REQUIRED COMPONENTS C HL)
# Where it is built for another kind of processor, find_package() leaves the version empty.
find_file(HDF5_PUBLIC_HEADER H5public.h HINTS ${HDF5_C_INCLUDE_DIRS} NO_CACHE REQUIRED)
file(STRINGS "${HDF5_PUBLIC_HEADER}" HDF5_VERSION REGEX "define H5_VERS_INFO")
string(REGEX REPLACE ".*version: ([0-9.]+).*" "\\1" HDF5_VERSION "${HDF5_VERSION}")
if(HDF5_VERSION VERSION_LESS 1.10 OR HDF5_VERSION VERSION_GREATER_EQUAL 1.15)
  message(FATAL_ERROR "HDF5 ${HDF5_VERSION} at ${HDF5_C_INCLUDE_DIRS}: run files are written by a driver that was tried "
          "with 1.10 and 1.14; install one of 1.10 to 1.14, or name it with -DHDF5_ROOT=FOLDER")
endif()
# Structures and functions as 1.10 has them, which later versions still offer.
list(APPEND HDF5_DEFINITIONS H5_USE_110_API)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
# toml++ as headers alone: whoever links the static library then needs none of it.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
