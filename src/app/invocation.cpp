#include "app/invocation.hpp"

#include <filesystem>

namespace snnff::app {
namespace {

std::string remembered;

std::string quoted(const std::string& word) {
    constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

std::string invocation() { return remembered; }

void remember_invocation(int argc, char** argv) {
    remembered = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "snnff-sim";
    for (int i = 1; i < argc; ++i) remembered.append(" ").append(quoted(argv[i]));
}

}  // namespace snnff::app
