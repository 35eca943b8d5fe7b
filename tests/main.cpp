// Catch2 2.13 makes main() here; 3.x brings its own.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
