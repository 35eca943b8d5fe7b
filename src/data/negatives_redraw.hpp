#pragma once

#include "snnff/options.hpp"

namespace snnff {

/// The key `redraw` of kinds that draw: whether every epoch gets new negatives.
inline bool read_redraw(Options& options) {
    const Key key{"redraw", "", "when negatives are drawn: anew for every epoch, or once for the run"};
    constexpr std::string_view names[] = {"epoch", "once"};
    return options.choice(key, "epoch", names) == 0;
}

}  // namespace snnff
