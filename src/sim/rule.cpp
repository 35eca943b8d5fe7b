#include "sim/rule.hpp"

#include "sim/backprop.hpp"
#include "sim/forward_forward.hpp"

namespace snnff {

std::unique_ptr<Rule> make_rule(const ModelSpec& model, Network& network, bool input_varies) {
    if (model.rule == LearningRule::backprop) return std::make_unique<Backprop>(model, network, input_varies);
    return std::make_unique<ForwardForward>(model, network);
}

}  // namespace snnff
