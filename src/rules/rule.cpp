#include "rules/rule.hpp"

#include "rules/backprop.hpp"
#include "rules/forward_forward.hpp"

namespace snnff {

std::unique_ptr<Rule> make_rule(const ModelSpec& model, Network& network, bool input_varies) {
    if (model.rule == LearningRule::backprop) return std::make_unique<Backprop>(model, network, input_varies);
    return std::make_unique<ForwardForward>(model, network);
}

}  // namespace snnff
