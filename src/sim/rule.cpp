#include "sim/rule.hpp"

#include "sim/forward_forward.hpp"

namespace snnff {

std::unique_ptr<Rule> make_rule(const ModelSpec& model, Network& network) {
    return std::make_unique<ForwardForward>(model, network);
}

}  // namespace snnff
