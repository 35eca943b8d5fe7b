# Builds for 64-bit ARM against the libraries that tests/cross/root unpacked; the tests run under qemu.
# The environment variable SNNFF_CROSS names the folder that holds them (trial builds of CMake need it, too).
set(root "$ENV{SNNFF_CROSS}/root")
if(NOT EXISTS "${root}/.unpacked")
  message(FATAL_ERROR "no arm64 libraries in \"${root}\"; tests/cross/run unpacks them and builds")
endif()

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L "${root}")

# CMake asks HDF5's compiler wrapper where HDF5 is; the system's would name the system's own.
set(HDF5_C_COMPILER_EXECUTABLE "${CMAKE_CURRENT_LIST_DIR}/h5cc")

set(CMAKE_SYSROOT "${root}")
set(CMAKE_FIND_ROOT_PATH "${root}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
