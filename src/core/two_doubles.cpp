#include "core/two_doubles.hpp"

#include <charconv>
#include <string_view>

namespace snnff {

DoublePair decimal_of(double x) noexcept {
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, x, std::chars_format::scientific);
    if (error != std::errc{} || !(x > 0.0)) return {x, 0.0};
    const std::string_view all(text, static_cast<std::size_t>(end - text));
    const std::size_t e = all.find('e');
    if (e == std::string_view::npos) return {x, 0.0};  // infinite
    std::int64_t digits = 0;
    int n_digits = 0, exponent = 0;
    for (const char c : all.substr(0, e)) {
        if (c == '.') continue;
        digits = 10 * digits + (c - '0');
        ++n_digits;
    }
    const std::string_view power = all.substr(e + (all[e + 1] == '+' ? 2 : 1));
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    // x stands for digits/10^n_decimals; 10^22 is the largest power of ten that is a double.
    const int n_decimals = n_digits - 1 - exponent;
    if (n_digits > 15 || n_decimals < 1 || n_decimals > 22) return {x, 0.0};
    double ten_to = 1.0;
    for (int i = 0; i < n_decimals; ++i) ten_to *= 10.0;
    const DoublePair back = exact_product(x, ten_to);
    return {x, ((static_cast<double>(digits) - back.high) - back.low) / ten_to};
}

}  // namespace snnff
