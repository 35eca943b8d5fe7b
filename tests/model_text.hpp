#pragma once
// Models as a test writes them, in a text.
#include <string>
#include <vector>

#include "snnff/error.hpp"
#include "snnff/model_spec.hpp"

namespace snnff {

inline ModelSpec read(const std::string& text, const std::vector<Override>& overrides = {}) {
    return read_model_text(text, "m.toml", "/models", overrides);
}

/// Why a model is refused; empty where it is not.
inline std::string message(const std::string& text, const std::vector<Override>& overrides = {}) {
    try {
        read(text, overrides);
    } catch (const ModelError& error) {
        return error.what();
    }
    return "";
}

}  // namespace snnff
