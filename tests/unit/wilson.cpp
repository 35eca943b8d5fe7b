#include "core/wilson.hpp"

#include <cmath>

#include "catch.hpp"

using namespace snnff;

TEST_CASE("Wilson intervals are those of the literature and of Python's arithmetic") {
    struct Known {
        double k, n, low, high;
    };
    // 81 of 263 and 15 of 148: Newcombe, Stat. Med. 17:857 (1998), table I, method 3, four decimals of the
    // share.
    for (const auto& [k, n, low, high] : {Known{81, 263, 25.53, 36.62}, Known{15, 148, 6.24, 16.05},
                                          Known{0, 20, 0.0, 16.11}, Known{1, 29, 0.61, 17.18}}) {
        const Interval found = wilson_95(k, n);
        CHECK(std::abs(found.low - low) <= 0.005);
        CHECK(std::abs(found.high - high) <= 0.005);
    }
    // The formula as Python's decimal module gives it with 30 digits.
    for (const auto& [k, n, low, high] : {Known{51, 500, 7.843435210316952, 13.163462290422606},
                                          Known{43, 500, 6.447314240360772, 11.383981149855754},
                                          Known{900, 10000, 8.454724738324101, 9.576763128071380},
                                          Known{3, 7, 15.821985525146969, 74.954163547234281}}) {
        const Interval found = wilson_95(k, n);
        CHECK(std::abs(found.low - low) <= 1e-12 * 100.0);
        CHECK(std::abs(found.high - high) <= 1e-12 * 100.0);
    }
}

TEST_CASE("Wilson intervals end where a share does, and are no numbers without samples") {
    CHECK(wilson_95(0, 10).low == 0.0);
    CHECK(wilson_95(10, 10).high == 100.0);
    CHECK(std::isnan(wilson_95(0, 0).low));
    CHECK(std::isnan(wilson_95(NAN, 10).high));
}
